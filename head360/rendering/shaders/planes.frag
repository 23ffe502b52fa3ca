// One of the six planes: material, normal and depth of the first surface, nothing where it turns away.
//
// Space    : head space, metres.
// Matches  : _plane() in head360/rendering/reference.py.
#version 330

uniform vec3 u_axis;    // towards the plane's viewer
uniform vec3 u_centre;  // of the head box, metres

in vec3 v_position;
in vec3 v_normal;
in vec2 v_uv;

layout(location = 0) out vec4 f_color;    // albedo, occlusion
layout(location = 1) out vec4 f_shape;    // normal, depth
layout(location = 2) out vec4 f_surface;  // roughness, specular, scatter, coverage

const float UNKNOWN_DEPTH = 1.0;

//include mesh_material.glsl

void main() {
    vec3 n = bent_normal(normalize(v_normal));
    vec4 surface = textureLod(u_map_surface, v_uv, 0.0);
    f_color = textureLod(u_map_color, v_uv, 0.0);
    f_shape = vec4(n, dot(v_position - u_centre, u_axis));
    f_surface = vec4(surface.xyz, 1.0);
    if (!gl_FrontFacing) {
        f_color = f_surface = vec4(0.0);
        f_shape = vec4(0.0, 0.0, 0.0, UNKNOWN_DEPTH);
    }
}
