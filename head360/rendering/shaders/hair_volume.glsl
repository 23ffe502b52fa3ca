// Hair from a baked volume: slices of the hair box in head space, laid out side by side.
// Needs    : struct HairSample, HAIR_CENTRE, HAIR_HALF.

uniform sampler2D u_volume_density;  // extinction's square root
uniform sampler2D u_volume_strand;   // tangent xyz, tone; times the density's root
uniform sampler2D u_volume_root;     // root uv, along; times the density's root
uniform sampler3D u_empty;           // metres without hair around each cell
uniform ivec3 u_volume_size;         // voxels
uniform int u_volume_columns;        // slices in a row

vec2 slice_origin(int slice) {
    return vec2(slice % u_volume_columns, slice / u_volume_columns) * vec2(u_volume_size.xy);
}

const float WORTH_A_LOOK = 0.004;  // share of a pixel below which a sample only adds to alpha
const float OPAQUE = 0.004;       // transmittance below which the rest cannot be seen

// The two places to read, and the share of the second.
void slices(vec3 x, out vec2 lower, out vec2 upper, out float share) {
    vec3 size = vec3(u_volume_size);
    vec3 voxel = clamp(((x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5) * size, vec3(0.5), size - 0.5);
    float z = voxel.z - 0.5;
    int slice = int(z);
    share = z - float(slice);
    vec2 atlas = vec2(textureSize(u_volume_density, 0));
    lower = (slice_origin(slice) + voxel.xy) / atlas;
    upper = (slice_origin(min(slice + 1, u_volume_size.z - 1)) + voxel.xy) / atlas;
}

int empty_steps(vec3 x) {
    float free = textureLod(u_empty, (x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5, 0.0).r;
    return free > 0.0 ? max(1, int(free / 0.003)) : 0;
}

float current;  // the density's root where it was asked for last

float hair_extinction(vec3 x) {
    vec2 lower, upper;
    float share;
    slices(x, lower, upper, share);
    float low = textureLod(u_volume_density, lower, 0.0).r;
    current = mix(low, textureLod(u_volume_density, upper, 0.0).r, share);
    return current * current;
}

HairSample hair_look(vec3 x) {
    vec2 lower, upper;
    float share;
    slices(x, lower, upper, share);
    vec4 strand = mix(textureLod(u_volume_strand, lower, 0.0), textureLod(u_volume_strand, upper, 0.0), share);
    vec3 root = mix(textureLod(u_volume_root, lower, 0.0), textureLod(u_volume_root, upper, 0.0), share).xyz;
    strand /= current;
    root /= current;
    return HairSample(0.0, strand.xyz, root.z, root.xy, strand.w);
}
