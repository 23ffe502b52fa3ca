// Hair as the field says, sample by sample.
// Needs    : field_hair.glsl, seating.glsl, hair_sums.glsl.

const float OPAQUE = 0.0005;  // transmittance below which the rest cannot be seen

HairSample current;

int to_hair(int i, int count) { return i; }

float hair_extinction(vec3 x, out int ahead) {
    ahead = 0;
    current = hair_field(to_canonical(x));
    return current.extinction;
}

void meet(float t, float weight, float alpha) { look(current, t, weight); }

void conclude(int i, int count) {}
