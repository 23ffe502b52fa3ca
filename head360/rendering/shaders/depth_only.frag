// Only depth is kept.
#version 330
void main() {}
