// The voxel of a baked volume that a texel of its slices is.
//
// Needs    : hair_sample.glsl.

uniform ivec3 u_volume_size;   // voxels
uniform int u_volume_columns;  // slices in a row
uniform vec3 u_volume_centre, u_volume_half;  // metres: the box that they fill

layout(location = 0) out float f_density;  // extinction's square root: smooth where edges are soft
// Both times the density, so that voxels without hair have no say in means.
layout(location = 1) out vec4 f_strand;    // tangent xyz, tone
layout(location = 2) out vec4 f_root;      // root uv, along, one

// Its centre in head space, metres.
vec3 voxel_centre() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    ivec2 tile = at / u_volume_size.xy;
    vec3 voxel = vec3(vec2(at % u_volume_size.xy), float(tile.y * u_volume_columns + tile.x)) + 0.5;
    return (voxel / vec3(u_volume_size) * 2.0 - 1.0) * u_volume_half + u_volume_centre;
}
