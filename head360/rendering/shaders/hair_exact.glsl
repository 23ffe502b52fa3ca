// Hair as the field says, sample by sample.
// Needs    : field_hair.glsl, seating.glsl.

HairSample current;
const float WORTH_A_LOOK = 0.0;
const float OPAQUE = 0.0005;  // transmittance below which the rest cannot be seen

int empty_steps(vec3 x) { return 0; }

float hair_extinction(vec3 x) {
    current = hair_field(to_canonical(x));
    return current.extinction;
}

HairSample hair_look(vec3 x) { return current; }
