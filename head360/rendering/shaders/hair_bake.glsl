// Bakes hair into slices of a volume in head space; the counterpart of hair_volume.glsl.
// Needs    : field_hair.glsl, seating.glsl.

uniform ivec3 u_volume_size;  // voxels
uniform int u_volume_columns; // slices in a row

layout(location = 0) out float f_density;  // extinction's square root: smooth where edges are soft
// Both times the density, so that voxels without hair have no say in means.
layout(location = 1) out vec4 f_strand;    // tangent xyz, tone
layout(location = 2) out vec4 f_root;      // root uv, along, one

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    ivec2 tile = at / u_volume_size.xy;
    vec3 voxel = vec3(vec2(at % u_volume_size.xy), float(tile.y * u_volume_columns + tile.x)) + 0.5;
    vec3 x = (voxel / vec3(u_volume_size) * 2.0 - 1.0) * HAIR_HALF + HAIR_CENTRE;
    HairSample s = hair_field(to_canonical(x));
    f_density = sqrt(s.extinction);
    f_strand = vec4(s.tangent, s.tone) * f_density;
    f_root = vec4(s.root, s.along, 1.0) * f_density;
}
