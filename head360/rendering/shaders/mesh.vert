// Puts the posed mesh on screen: perspective for a camera, orthographic for planes and shadows.
//
// Space    : head space, metres.
#version 330

uniform mat4 u_clip_from_head;

in vec3 a_position;  // metres
in vec3 a_normal;    // unit
in vec2 a_uv;        // atlas, 0 ... 1
in float a_share;    // of the neck's turn

// Passes over the same mesh compare depths for equality.
invariant gl_Position;
out vec3 v_position;
out vec3 v_normal;
out vec2 v_uv;
out float v_share;

void main() {
    v_position = a_position;
    v_normal = a_normal;
    v_uv = a_uv;
    v_share = a_share;
    gl_Position = u_clip_from_head * vec4(a_position, 1.0);
}
