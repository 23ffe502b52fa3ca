// The hair's G-buffer along each ray, up to the head.
//
// Space    : head space, metres; the field itself lives in the canonical frame, which `to_canonical`
//            reaches by an affine map and a small smooth displacement.
// Matches  : march_hair() in head360/rendering/march.py. The exact kind looks at every sample; the
//            fine one at those where a baked volume has hair, until little can be seen behind; the
//            draft's reads that volume alone, and looks at three places at most.
// Needs    : rays.glsl, hair_sums.glsl, hair_neck.glsl; and hair_exact.glsl, hair_fine.glsl or
//            hair_volume.glsl, which define to_hair(), hair_extinction(), meet() and conclude().

uniform sampler2D u_head_hit;  // normal, t; 0 where there is no head
uniform int u_hair_step;       // samples of the head's G-buffer along each side of one of hair

// All but the limit times alpha, so that they may be filtered.
layout(location = 0) out vec4 f_color;   // alpha, tone, along, t
layout(location = 1) out vec4 f_strand;  // tangent; metres to where the ray ends
layout(location = 2) out vec2 f_root;

const float VISIBLE = 0.003;  // share of a pixel
const float NO_END = 1e3;     // metres

void main() {
    ray = view_ray();
    float head_t = texelFetch(u_head_hit, ivec2(gl_FragCoord.xy) * u_hair_step, 0).w;
    float limit = head_t > 0.0 ? head_t : NO_END;
    vec3 safe = mix(ray, vec3(1e-9), lessThan(abs(ray), vec3(1e-9)));
    vec3 low = (HAIR_CENTRE - HAIR_HALF - u_eye) / safe, high = (HAIR_CENTRE + HAIR_HALF - u_eye) / safe;
    vec3 first = min(low, high), last = max(low, high);
    enter = max(max(max(first.x, first.y), first.z), 0.0);
    leave = min(min(min(last.x, last.y), last.z), limit);
    int count = int(ceil(max(leave - enter, 0.0) / HAIR_STEP));
    int i = to_hair(0, count);
    while (i < count && exp(-depth) >= OPAQUE) {
        float t = step_middle(i);
        int ahead;
        float thickness = hair_extinction(before_jaw(u_eye + ray * t), ahead) * step_length(i);
        float before = alpha, weight = passed(thickness);
        if (thickness > 1e-5) meet(t, weight, before);
        i = to_hair(i + onward(ahead), count);
    }
    conclude(i, count);
    float share = alpha / max(looked, TINY_WEIGHT);
    f_color = vec4(alpha, color.yzw * share);
    tangent *= share;
    if (u_neck_angle != 0.0) {
        vec3 x = before_jaw(u_eye + ray * (color.w / max(looked, TINY_WEIGHT)));
        tangent = neck_rotated(tangent, straight_hair(x).w);
    }
    f_strand = vec4(tangent, limit);
    f_root = root * share;
    gl_FragDepth = alpha > VISIBLE ? 0.0 : 1.0;  // what shading has to touch
}
