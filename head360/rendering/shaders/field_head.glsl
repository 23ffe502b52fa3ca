// The head field: distance to the surface, and material, from three atlases of six planes.
//
// Space    : head space, metres. Atlas tile k sits at column k % 3, row k / 3; bottom row first.
// Colour   : albedo is sRGB-encoded, as in the texture maps.
// Matches  : HeadField and surface_distance() in head360/model/field.py, variant "depth".
// Needs    : void head_network(vec4 inputs[5], out vec4 outputs[2]), written by field_glsl.py.

uniform sampler2D u_head_color;    // albedo rgb, occlusion
uniform sampler2D u_head_shape;    // normal xyz, depth in metres about the box's centre
uniform sampler2D u_head_surface;  // roughness, specular, scatter, coverage

const vec3 HEAD_CENTRE = vec3(0.0, -0.026, 0.014);  // metres
const vec3 HEAD_HALF = vec3(0.144, 0.200, 0.138);   // metres
const float HEAD_REACH = 0.002;                     // metres
const float OFFSET_SCALE = 0.007;                   // metres
const float MAX_OFFSET = 0.002;                     // metres
const float MIN_FACING = 0.05;
const float HEAD_FLOOR = 1e-7;
const float OUTLINE_SLOPE = 0.004;                  // metres per unit of coverage
const float MIN_COVERAGE = 0.05;
const float KNOWN_DEPTH = 0.5;                      // metres
const float SEEN_WITHIN = 0.004, SEEN_FADE = 0.003;  // metres
const float LEAST_SEEN = 0.35;  // share of the colour that is left in the dark

struct HeadSample {
    float distance;  // metres below the surface, negative outside
    vec3 albedo;     // sRGB-encoded
    float occlusion;
    vec3 normal;     // unit
    float roughness;
    float specular;
    float scatter;
};

const vec3 VIEW_AXES[6] = vec3[6](vec3(0, 0, 1), vec3(0, 0, -1), vec3(1, 0, 0),
                                  vec3(-1, 0, 0), vec3(0, 1, 0), vec3(0, -1, 0));

// Where a point of the box, -1 ... 1, falls on plane k, -1 ... 1.
vec2 plane_coordinates(int k, vec3 p) {
    if (k == 0) return vec2(p.x, p.y);
    if (k == 1) return vec2(-p.x, p.y);
    if (k == 2) return vec2(-p.z, p.y);
    if (k == 3) return vec2(p.z, p.y);
    if (k == 4) return vec2(p.x, -p.z);
    return vec2(p.x, p.z);
}

// Where on an atlas of tiles of `size` texels; the border texels of a tile continue beyond it.
vec2 atlas_coordinates(int k, vec2 plane, float size) {
    vec2 tile = clamp(plane * 0.5 + 0.5, 0.5 / size, 1.0 - 0.5 / size);
    return (tile + vec2(k % 3, k / 3)) * vec2(1.0 / 3.0, 0.5);
}

// Metres below one plane's surface, right at the edge of what it sees, too; see _offsets().
float surface_offset(float depth, float coverage, float height) {
    float surface = (depth + 1.0 - coverage) / max(coverage, MIN_COVERAGE);
    float below = surface - height;
    bool beyond_outline = coverage < 0.5 && surface < KNOWN_DEPTH;
    return beyond_outline ? min(below, (coverage - 0.5) * OUTLINE_SLOPE) : below;
}

// Metres below the surface, before the network: for coarse searches, twelve fetches.
float head_distance(vec3 x) {
    float size = float(textureSize(u_head_shape, 0).y / 2);
    vec3 centred = x - HEAD_CENTRE;
    float nearest = 1e3;
    for (int k = 0; k < 6; k++) {
        vec2 q = atlas_coordinates(k, plane_coordinates(k, centred / HEAD_HALF), size);
        float depth = textureLod(u_head_shape, q, 0.0).w;
        float coverage = textureLod(u_head_surface, q, 0.0).w;
        nearest = min(nearest, surface_offset(depth, coverage, dot(VIEW_AXES[k], centred)));
    }
    return nearest;
}

HeadSample head_field(vec3 x) {
    float size = float(textureSize(u_head_shape, 0).y / 2);
    vec3 centred = x - HEAD_CENTRE;
    vec3 normal_sum = vec3(0.0);
    vec4 color_sum = vec4(0.0), surface_sum = vec4(0.0);
    float offsets[6], coverages[6];
    float nearest = 1e3, away = 1e3;
    for (int k = 0; k < 6; k++) {
        vec2 q = atlas_coordinates(k, plane_coordinates(k, centred / HEAD_HALF), size);
        vec4 shape = textureLod(u_head_shape, q, 0.0), surface = textureLod(u_head_surface, q, 0.0);
        float offset = surface_offset(shape.w, surface.w, dot(VIEW_AXES[k], centred));
        float facing = dot(shape.xyz, VIEW_AXES[k]) / max(surface.w, MIN_COVERAGE);
        facing = clamp(facing, MIN_FACING, 1.0);
        float share = facing * facing * exp(-abs(offset) / HEAD_REACH) + HEAD_FLOOR;
        normal_sum += share * shape.xyz;
        color_sum += share * textureLod(u_head_color, q, 0.0);
        surface_sum += share * surface;
        nearest = min(nearest, offset);
        away = min(away, abs(offset));
        offsets[k] = tanh(clamp(offset / OFFSET_SCALE, -20.0, 20.0));
        coverages[k] = surface.w;
    }
    float total = surface_sum.w + 1e-12;
    vec4 color = color_sum / total, surface = surface_sum / total;

    vec4 inputs[5] = vec4[5](color, surface,
                             vec4(offsets[0], offsets[1], offsets[2], offsets[3]),
                             vec4(offsets[4], offsets[5], coverages[0], coverages[1]),
                             vec4(coverages[2], coverages[3], coverages[4], coverages[5]));
    vec4 outputs[2];
    head_network(inputs, outputs);
    vec4 gains = exp(0.5 * tanh(vec4(outputs[0].yzw, outputs[1].x)));
    float seen = mix(LEAST_SEEN, 1.0, exp(-max(away - SEEN_WITHIN, 0.0) / SEEN_FADE));
    return HeadSample(nearest + MAX_OFFSET * tanh(outputs[0].x), color.rgb * gains.rgb * seen,
                      color.a * gains.a * seen, normal_sum / max(length(normal_sum), 1e-9),
                      surface.x, surface.y, surface.z);
}
