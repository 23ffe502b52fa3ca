// Empties the planes: nothing is there, at EMPTY_DEPTH.
#version 330
layout(location = 0) out vec4 f_color;
layout(location = 1) out vec4 f_shape;
layout(location = 2) out vec4 f_surface;
const float EMPTY_DEPTH = -1.0;
void main() {
    f_color = f_surface = vec4(0.0);
    f_shape = vec4(0.0, 0.0, 0.0, EMPTY_DEPTH);
}
