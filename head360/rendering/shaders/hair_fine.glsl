// Hair as the field says, but only where the baked volume has any, and where it can be seen well.
//
// Software OpenGL draws several pixels in step: each goes on to its own next hair before all of them
// ask the field at once.
// Needs    : field_hair.glsl, seating.glsl, hair_sums.glsl, hair_density.glsl.

const float OPAQUE = 0.05;    // transmittance below which what follows only adds to the opacity
const float HIDDEN = 0.004;   // and below which it does not even do that
const float FAINTEST = 1.0;   // 1/m

HairSample current;

int to_hair(int i, int count) {
    int ahead;
    while (i < count && baked_extinction(before_jaw(u_eye + ray * step_middle(i)), ahead) < FAINTEST)
        i += onward(ahead);
    return i;
}

float hair_extinction(vec3 x, out int ahead) {
    ahead = 0;
    current = hair_field(to_canonical(x));
    return current.extinction;
}

void meet(float t, float weight, float alpha) { look(current, t, weight); }

void conclude(int i, int count) {
    int ahead;
    while (i < count && exp(-depth) >= HIDDEN) {
        passed(baked_extinction(before_jaw(u_eye + ray * step_middle(i)), ahead) * step_length(i));
        i += onward(ahead);
    }
}
