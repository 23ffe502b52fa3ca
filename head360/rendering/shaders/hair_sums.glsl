// What a ray gathers on its way through hair.
// Needs    : struct HairSample, hair_neck.glsl.

const float HAIR_STEP = 0.003;   // metres
const float TINY_WEIGHT = 1e-6;
const float STRETCHED = 0.6;     // what is left of an empty way where hair is stretched most

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

// The ray, and how far it has come.
vec3 ray;
float enter, leave;  // metres: where it is in the hair box and before the head
float depth = 0.0;   // optical
float alpha = 0.0;

float step_length(int i) { return min(leave - (enter + float(i) * HAIR_STEP), HAIR_STEP); }

float step_middle(int i) { return enter + float(i) * HAIR_STEP + 0.5 * step_length(i); }

// Steps to the next sample, of which `ahead` are known to be empty where hair has not moved.
int onward(int ahead) {
    bool stretched = u_jaw_follows != 0.0;
#ifdef STRAIGHT
    stretched = stretched || u_neck_angle != 0.0;
#endif
    return max(stretched ? int(float(ahead) * STRETCHED) : ahead, 1);
}

// Goes through a step of this optical thickness and says what share of the pixel is met there.
float passed(float thickness) {
    float weight = exp(-depth) * (1.0 - exp(-thickness));
    alpha += weight;
    depth += thickness;
    return weight;
}
