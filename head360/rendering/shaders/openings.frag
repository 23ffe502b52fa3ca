// The head's G-buffer in mouth and eyes and at their edges: the mesh's own, finer than any plane sees it.
//
// Space    : head space, metres; normals turn with the neck, as positions have.
// Matches  : mesh_columns() in head360/rendering/reference.py.
#version 330

uniform vec3 u_eye;  // metres

in vec3 v_position;
in vec3 v_normal;
in vec2 v_uv;
in float v_share;

layout(location = 0) out vec4 f_color;    // albedo, alpha
layout(location = 1) out vec4 f_shape;    // normal, t
layout(location = 2) out vec4 f_surface;  // roughness, specular, scatter, occlusion

//include mesh_material.glsl
//include neck.glsl

void main() {
    vec3 straight = normalize(v_normal);
    vec4 color = textureLod(u_map_color, v_uv, 0.0);
    f_color = vec4(color.rgb, 1.0);
    f_shape = vec4(bent_normal(u_neck_angle == 0.0 ? straight : neck_rotated(straight, v_share)),
                   length(v_position - u_eye));
    f_surface = vec4(textureLod(u_map_surface, v_uv, 0.0).xyz, color.a);
}
