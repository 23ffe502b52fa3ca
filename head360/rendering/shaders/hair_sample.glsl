// Hair at a point, and the box that holds it.

const vec3 HAIR_CENTRE = vec3(0.0, -0.03, -0.01);  // metres
const vec3 HAIR_HALF = vec3(0.18, 0.21, 0.19);     // metres

struct HairSample {
    float extinction;  // 1/m
    vec3 tangent;      // unit, canonical frame
    float along;       // 0 root ... 1 tip
    vec2 root;         // scalp coordinates
    float tone;        // gain on the strand tone of (root, along)
};
