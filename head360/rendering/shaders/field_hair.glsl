// The hair field: extinction, strand direction and root, from three atlases and a grid.
//
// Space    : the canonical frame (the mean head), metres; warp points before asking.
// Matches  : HairField in head360/model/field.py, variant "depth".
// Needs    : field_head.glsl, hair_sample.glsl and hair_grid.glsl before it, and
//            void hair_network(vec4 inputs[5], out vec4 outputs[1]), written by field_glsl.py.

uniform sampler2D u_hair_shape;   // coverage, depth in metres about the box's centre, spread, along
uniform sampler2D u_hair_strand;  // tangent xyz, feature 0
uniform sampler2D u_hair_root;    // root uv, feature 1, unused
uniform sampler3D u_hair_gains;   // natural logarithm of a factor on tones
uniform sampler2D u_hair_cut;     // shares cut off strands, over scalp coordinates
uniform sampler2D u_hair_ends;    // strand noise: tone, sheen
uniform float u_hair_ragged;      // how far ends are, 0 ... 1; negative: hair is not cut at all

const float HAIR_REACH = 0.003;                    // metres
const float HAIR_FLOOR = 1e-6;
const float MAX_LOG_EXTINCTION = 8.3;              // log(1/m)
const float SOFT_DEPTH = 0.0008;                   // metres

const float ENDS_SHARP = 0.04, ENDS_FADE = 0.3, ENDS_VARY = 0.1;  // shares of a strand
const float ENDS_LONGER = 0.4, CUT_WHOLLY = 0.08;
const float LOCKS_END = 0.7, STRANDS_END = 0.7, STRANDS_IN_LOCKS = 4.0;

// What is left of hair where strands are cut, each a little elsewhere; `along` becomes the share of what
// is left. Matches trimmed() in head360/model/strand_ends.py.
float trimmed(inout float along, vec2 root) {
    float noise = LOCKS_END * textureLod(u_hair_ends, root, 0.0).r
        + STRANDS_END * textureLod(u_hair_ends, root * STRANDS_IN_LOCKS, 0.0).r;
    float off = textureLod(u_hair_cut, root, 0.0).r, whole = 1.0 - off;
    float ragged = u_hair_ragged * min(off / CUT_WHOLLY, 1.0);
    float start = whole * (1.0 - ENDS_FADE * ragged);
    float shorter = ragged * ENDS_VARY * max(noise, -ENDS_LONGER) * whole;
    float end = smoothstep(start, whole + ENDS_SHARP, along + shorter);
    along = min(along / whole, 1.0);
    return 1.0 - end;
}

HairSample hair_field(vec3 x) {
    vec3 centred = x - HAIR_CENTRE;
    vec3 unit = centred / HAIR_HALF;
    float log_extinction;
    float presence = hair_presence(x, log_extinction);
    if (presence == 0.0) return HairSample(0.0, vec3(0.0, 1.0, 0.0), 0.0, vec2(0.5), 1.0);

    float size = float(textureSize(u_hair_shape, 0).y / 2);
    vec4 shape_sum = vec4(0.0), strand_sum = vec4(0.0), root_sum = vec4(0.0);
    float offsets[6], coverages[6];
    float total = 0.0, shallowest = 2.0, second = 2.0;
    for (int k = 0; k < 6; k++) {
        vec2 q = atlas_coordinates(k, plane_coordinates(k, unit), size);
        vec4 shape = textureLod(u_hair_shape, q, 0.0);
        float offset = shape.y - dot(VIEW_AXES[k], centred);
        float share = max(shape.x, 0.0) * exp(-abs(offset) / HAIR_REACH) + HAIR_FLOOR;
        total += share;
        shape_sum += share * shape;
        strand_sum += share * textureLod(u_hair_strand, q, 0.0);
        root_sum += share * textureLod(u_hair_root, q, 0.0);
        float spread = max(shape.z, 0.0);
        float inside = (offset + 0.5 * spread) / (SOFT_DEPTH + 0.5 * spread);
        inside = clamp(shape.x, 0.0, 1.0) / (1.0 + exp(-clamp(inside, -60.0, 60.0)));
        second = min(second, max(shallowest, inside));
        shallowest = min(shallowest, inside);
        offsets[k] = tanh(clamp(offset / OFFSET_SCALE, -20.0, 20.0));
        coverages[k] = shape.x;
    }
    vec4 shape = shape_sum / total, strand = strand_sum / total, root = root_sum / total;

    vec4 inputs[5] = vec4[5](vec4(shape.x, shape.w, strand.w, root.z),
                             vec4(shape.z / OFFSET_SCALE, offsets[0], offsets[1], offsets[2]),
                             vec4(offsets[3], offsets[4], offsets[5], coverages[0]),
                             vec4(coverages[1], coverages[2], coverages[3], coverages[4]),
                             vec4(coverages[5], shallowest, second, log_extinction / 8.0));
    vec4 outputs[1];
    hair_network(inputs, outputs);
    float extinction = presence * exp(min(log_extinction + outputs[0].x, MAX_LOG_EXTINCTION));
    if (u_hair_ragged >= 0.0) extinction *= trimmed(shape.w, root.xy);
    float gain = textureLod(u_hair_gains, unit * 0.5 + 0.5, 0.0).r;
    return HairSample(extinction, strand.xyz / max(length(strand.xyz), 1e-9), shape.w, root.xy,
                      exp(0.5 * tanh(outputs[0].y) + gain));
}
