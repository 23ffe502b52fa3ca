// A draft's hair: from baked volumes of a box in head space.
//
// Density is one volume. What strands look like lies in slices, side by side, and is read where the march has met most hair: at the mean
// depths of the first, the middle and the last third of a ray's opacity.
// Needs    : struct HairSample, hair_density.glsl; rays.glsl, hair_sums.glsl, hair_neck.glsl.
//            Where STRAIGHT is defined, the volume was baked on the straight head and stays as it is when
//            the head turns; otherwise it is baked anew.

uniform sampler2D u_volume_strand;   // tangent xyz, tone; times the density's root
uniform sampler2D u_volume_root;     // root uv, along, one; times the density's root
uniform ivec3 u_volume_size;         // voxels
uniform int u_volume_columns;        // slices in a row

const float OPAQUE = 0.004;       // transmittance below which the rest cannot be seen
const float WORTH_A_LOOK = 0.004; // share of a pixel below which a third is left out

float met[3] = float[3](0.0, 0.0, 0.0);    // weight of each third
float mean_t[3] = float[3](0.0, 0.0, 0.0);  // metres, times weight

vec2 slice_origin(int slice) {
    return vec2(slice % u_volume_columns, slice / u_volume_columns) * vec2(u_volume_size.xy);
}

int to_hair(int i, int count) { return i; }

// Where a place is in the volume.
vec3 in_volume(vec3 x) {
#ifdef STRAIGHT
    if (u_neck_angle != 0.0) x = straight_hair(x).xyz;
#endif
    return x;
}

float hair_extinction(vec3 x, out int ahead) { return baked_extinction(in_volume(x), ahead); }

void meet(float t, float weight, float alpha) {
    float middle = alpha + 0.5 * weight;
    vec3 third = vec3(middle < 0.33, middle >= 0.33 && middle < 0.66, middle >= 0.66) * weight;
    for (int k = 0; k < 3; k++) {
        met[k] += third[k];
        mean_t[k] += third[k] * t;
    }
}

HairSample hair_at(vec3 x) {
    vec3 size = vec3(u_volume_size);
    vec3 voxel = clamp(((x - u_volume_centre) / u_volume_half * 0.5 + 0.5) * size, vec3(0.5), size - 0.5);
    float z = voxel.z - 0.5;
    int slice = int(z);
    float share = z - float(slice);
    vec2 atlas = vec2(textureSize(u_volume_root, 0));
    vec2 lower = (slice_origin(slice) + voxel.xy) / atlas;
    vec2 upper = (slice_origin(min(slice + 1, u_volume_size.z - 1)) + voxel.xy) / atlas;
    vec4 strand = mix(textureLod(u_volume_strand, lower, 0.0), textureLod(u_volume_strand, upper, 0.0), share);
    vec4 root = mix(textureLod(u_volume_root, lower, 0.0), textureLod(u_volume_root, upper, 0.0), share);
    float density = max(root.w, 1e-6);
    return HairSample(density, strand.xyz / density, root.z / density, root.xy / density, strand.w / density);
}

void conclude(int i, int count) {
    for (int k = 0; k < 3; k++) {
        if (met[k] > WORTH_A_LOOK) {
            float t = mean_t[k] / met[k];
            look(hair_at(in_volume(before_jaw(u_eye + ray * t))), t, met[k]);
        }
    }
}
