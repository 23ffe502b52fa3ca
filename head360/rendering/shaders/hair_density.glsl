// The density of hair, from a baked volume of a box in head space, around which there is no hair.

uniform sampler3D u_volume_density;  // extinction's square root; negative: steps to go at least
uniform vec3 u_volume_centre, u_volume_half;  // metres

// 1/m; and how many steps are free of hair for sure.
float baked_extinction(vec3 x, out int ahead) {
    float value = textureLod(u_volume_density, (x - u_volume_centre) / u_volume_half * 0.5 + 0.5, 0.0).r;
    ahead = int(-value);
    float density = max(value, 0.0);
    return density * density;
}
