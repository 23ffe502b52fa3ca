// Edges of the mesh in one quiet colour.
//
// Colour   : display-linear RGB times alpha, and alpha.
#version 330
layout(location = 0) out vec4 f_color;
void main() { f_color = vec4(0.035, 0.07, 0.16, 1.0); }
