// The hair's G-buffer along each ray, up to the head.
//
// Space    : head space, metres; the field itself lives in the canonical frame, which `to_canonical`
//            reaches by an affine map and a small smooth displacement.
// Matches  : march_hair() in head360/rendering/march.py. Where EXACT is 0 the field is read from a
//            baked volume at the same places, and empty space is skipped.
// Needs    : rays.glsl; field_hair.glsl or hair_volume.glsl, which define hair_sample().

uniform sampler2D u_head_hit;  // normal, t

layout(location = 0) out vec4 f_color;   // alpha, tone, along, t
layout(location = 1) out vec4 f_strand;  // tangent
layout(location = 2) out vec2 f_root;

const float HAIR_STEP = 0.003;   // metres
const float TINY_WEIGHT = 1e-6;

void main() {
    f_color = f_strand = vec4(0.0);
    f_root = vec2(0.0);
    vec3 ray = view_ray();
    float limit = texelFetch(u_head_hit, ivec2(gl_FragCoord.xy), 0).w;
    vec3 safe = mix(ray, vec3(1e-9), lessThan(abs(ray), vec3(1e-9)));
    vec3 low = (HAIR_CENTRE - HAIR_HALF - u_eye) / safe, high = (HAIR_CENTRE + HAIR_HALF - u_eye) / safe;
    vec3 first = min(low, high), last = max(low, high);
    float enter = max(max(max(first.x, first.y), first.z), 0.0);
    float leave = min(min(min(last.x, last.y), last.z), limit);
    float depth = 0.0, alpha = 0.0, looked = 0.0;
    vec4 color = vec4(0.0);
    vec3 tangent = vec3(0.0);
    vec2 root = vec2(0.0);
    int count = int(ceil(max(leave - enter, 0.0) / HAIR_STEP));
    for (int i = 0; i < count;) {
        float start = enter + float(i) * HAIR_STEP;
        float length_ = min(leave - start, HAIR_STEP);
        float t = start + 0.5 * length_;
        vec3 x = u_eye + ray * t;
        int ahead = empty_steps(x);
        if (ahead > 0) { i += ahead; continue; }
        i++;
        float thickness = hair_extinction(x) * length_;
        if (thickness <= 1e-5) continue;
        float weight = exp(-depth) * (1.0 - exp(-thickness));
        depth += thickness;
        alpha += weight;
        if (weight < WORTH_A_LOOK) continue;
        looked += weight;
        HairSample s = hair_look(x);
        color += weight * vec4(0.0, s.tone, s.along, t);
        tangent += weight * s.tangent;
        root += weight * s.root;
        if (exp(-depth) < OPAQUE) break;
    }
    float share = 1.0 / max(looked, TINY_WEIGHT);
    f_color = vec4(alpha, color.yzw * share);
    f_strand = vec4(tangent * share, 0.0);
    f_root = root * share;
}
