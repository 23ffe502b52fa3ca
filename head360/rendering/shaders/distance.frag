// Metres from the eye to the posed mesh along each pixel's ray, and the place's share of the neck's turn.
#version 330
uniform vec3 u_eye;  // metres
in vec3 v_position;
in float v_share;
layout(location = 0) out vec2 f_distance;
void main() { f_distance = vec2(length(v_position - u_eye), v_share); }
