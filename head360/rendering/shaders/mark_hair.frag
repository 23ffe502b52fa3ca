// Marks in the depth buffer the samples that the coarse G-buffer of a draft's hair may reach.
#version 330

uniform sampler2D u_hair_color;  // alpha first; filtered

void main() {
    vec2 place = gl_FragCoord.xy / float(COARSE) / vec2(textureSize(u_hair_color, 0));
    gl_FragDepth = textureLod(u_hair_color, place, 0.0).x > 0.001 ? 0.0 : 1.0;
}
