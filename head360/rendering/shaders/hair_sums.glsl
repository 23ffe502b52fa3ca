// What a ray gathers on its way through hair.
// Needs    : struct HairSample.

const float HAIR_STEP = 0.003;   // metres
const float TINY_WEIGHT = 1e-6;

// Sums over what the ray has met, by weight.
float looked = 0.0;
vec4 color = vec4(0.0);  // unused, tone, along, t
vec3 tangent = vec3(0.0);
vec2 root = vec2(0.0);

void look(HairSample s, float t, float weight) {
    looked += weight;
    color += weight * vec4(0.0, s.tone, s.along, t);
    tangent += weight * s.tangent;
    root += weight * s.root;
}

