// Bakes hair into slices of a volume in head space; the counterpart of hair_volume.glsl.
// Needs    : field_hair.glsl, seating.glsl, hair_voxel.glsl; drawn only where hair_bake_mark.glsl says.

void main() {
    HairSample s = hair_field(to_canonical(voxel_centre()));
    f_density = sqrt(s.extinction);
    f_strand = vec4(s.tangent, s.tone) * f_density;
    f_root = vec4(s.root, s.along, 1.0) * f_density;
}
