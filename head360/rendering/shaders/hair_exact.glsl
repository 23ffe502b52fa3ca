// Hair as the field says, sample by sample.
// Needs    : field_hair.glsl, seating.glsl.

HairSample current;

int empty_steps(vec3 x) { return 0; }

float hair_extinction(vec3 x) {
    current = hair_field(to_canonical(x));
    return current.extinction;
}

HairSample hair_look(vec3 x) { return current; }
