// The density of hair, from a baked volume of the hair box in head space.
// Needs    : HAIR_CENTRE, HAIR_HALF.

uniform sampler3D u_volume_density;  // extinction's square root; negative: steps to go at least

// 1/m; and how many steps are free of hair for sure.
float baked_extinction(vec3 x, out int ahead) {
    float value = textureLod(u_volume_density, (x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5, 0.0).r;
    ahead = int(-value);
    float density = max(value, 0.0);
    return density * density;
}
