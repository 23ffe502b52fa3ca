// Empties slices of a volume, and marks in the depth buffer the voxels that baking has to fill.
//
// Nine of ten have no hair. Software OpenGL computes both sides of every `if`, but leaves out what the
// depth buffer rules out.
// Needs    : hair_grid.glsl, seating.glsl, hair_voxel.glsl.

void main() {
    f_density = 0.0;
    f_strand = f_root = vec4(0.0);
    float log_extinction;
    gl_FragDepth = hair_presence(to_canonical(voxel_centre()), log_extinction) > 0.0 ? 0.0 : 1.0;
}
