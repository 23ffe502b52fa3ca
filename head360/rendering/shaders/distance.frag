// Metres from the eye to the posed mesh along each pixel's ray.
#version 330
uniform vec3 u_eye;  // metres
in vec3 v_position;
layout(location = 0) out float f_distance;
void main() { f_distance = length(v_position - u_eye); }
