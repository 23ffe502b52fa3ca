// The head's G-buffer along each ray that meets the posed mesh; the depth buffer keeps others out.
//
// Space    : head space, metres. A turned head is marched as if it looked straight on: each ray is turned
//            back as the place is where it meets the mesh.
// Matches  : march_head() in head360/rendering/march.py where QUALITY is EXACT. Otherwise one sample stands
//            for the steep density's mean: at the field's surface where FINE, at the mesh's where DRAFT.
// Needs    : when.glsl, field_head.glsl, rays.glsl, neck.glsl, and QUALITY, one of EXACT, FINE and DRAFT.

uniform sampler2D u_mesh_distance;  // metres along the ray, share of the neck's turn

layout(location = 0) out vec4 f_color;    // albedo, alpha
layout(location = 1) out vec4 f_shape;    // normal, t
layout(location = 2) out vec4 f_surface;  // roughness, specular, scatter, occlusion

const float HEAD_WINDOW = 0.003;     // metres
const int HEAD_STEPS = 16;
const float HEAD_EXTINCTION = 4000.0;  // 1/m
const float HEAD_SOFTNESS = 0.0003;  // metres
const float SOLID_BEHIND = 0.0015;   // metres

vec3 eye;           // where the ray starts, metres
float share = 0.0;  // of the neck's turn

void put(HeadSample s, float t) {
    vec3 normal = s.normal / max(length(s.normal), 1e-9);
    if (u_neck_angle != 0.0) normal = neck_rotated(normal, share);
    f_color = vec4(s.albedo, 1.0);
    f_shape = vec4(normal, t);
    f_surface = vec4(s.roughness, s.specular, s.scatter, s.occlusion);
}

void exact(vec3 ray, float mesh_t) {
    const float step = 2.0 * HEAD_WINDOW / float(HEAD_STEPS);
    HeadSample mean = HeadSample(0.0, vec3(0.0), 0.0, vec3(0.0), 0.0, 0.0, 0.0);
    float depth = 0.0, total = 0.0, mean_t = 0.0;
    for (int i = 0; i < HEAD_STEPS; i++) {
        float t = mesh_t - HEAD_WINDOW + (float(i) + 0.5) * step;
        HeadSample s = head_field(eye + ray * t);
        float below = max(s.distance, t - mesh_t - SOLID_BEHIND);
        float thickness = HEAD_EXTINCTION * step / (1.0 + exp(-clamp(below / HEAD_SOFTNESS, -60.0, 60.0)));
        float weight = exp(-depth) * (1.0 - exp(-thickness));
        depth += thickness;
        total += weight;
        mean_t += weight * t;
        mean.albedo += weight * s.albedo;
        mean.occlusion += weight * s.occlusion;
        mean.normal += weight * s.normal;
        mean.roughness += weight * s.roughness;
        mean.specular += weight * s.specular;
        mean.scatter += weight * s.scatter;
        if (depth > 12.0) break;
    }
    mean.albedo /= total;
    mean.occlusion /= total;
    mean.roughness /= total;
    mean.specular /= total;
    mean.scatter /= total;
    put(mean, mean_t / total);
}

const float MIN_SLOPE = 0.3;        // cosine: no step is longer than this makes it
const float ON_SURFACE = 0.00035;  // metres: how near the surface a sample must be to stand for it
const int SEARCH_STEPS = 8;
const int BISECTIONS = 3;

// The first root of the field in the window, from coarse steps and bisection.
float first_root(vec3 ray, float mesh_t) {
    const float step = 2.0 * HEAD_WINDOW / float(SEARCH_STEPS);
    float last = mesh_t - HEAD_WINDOW, found = mesh_t + SOLID_BEHIND;
    for (int i = 0; i < SEARCH_STEPS; i++) {
        float t = mesh_t - HEAD_WINDOW + (float(i) + 0.5) * step;
        if (t > mesh_t + SOLID_BEHIND) break;
        if (head_distance(eye + ray * t) > 0.0) { found = t; break; }
        last = t;
    }
    for (int i = 0; i < BISECTIONS; i++) {
        float middle = 0.5 * (last + found);
        bool inside = middle > mesh_t + SOLID_BEHIND || head_distance(eye + ray * middle) > 0.0;
        if (inside) found = middle; else last = middle;
    }
    return found;
}

void fine(vec3 ray, float mesh_t) {
    HeadSample s = head_field(eye + ray * mesh_t);
    float t = mesh_t;
    WHEN(abs(s.distance) > ON_SURFACE) {
        t = first_root(ray, mesh_t);
        s = head_field(eye + ray * t);
    }
    put(s, t);
}

// One sample where the mesh is; the surface, one step of Newton's from there, only moves its t.
void draft(vec3 ray, float mesh_t) {
    HeadSample s = head_field(eye + ray * mesh_t);
    float facing = max(-dot(s.normal, ray), MIN_SLOPE);
    put(s, mesh_t - clamp(s.distance / facing, -SOLID_BEHIND, HEAD_WINDOW));
}

void main() {
    vec2 met = texelFetch(u_mesh_distance, ivec2(gl_FragCoord.xy), 0).rg;
    float mesh_t = met.x;
    vec3 ray = view_ray();
    eye = u_eye;
    if (u_neck_angle != 0.0) {
        share = met.y;
        vec3 straight = neck_moved(u_eye + ray * mesh_t, -share);
        ray = neck_rotated(ray, -share);
        eye = straight - ray * mesh_t;
    }
    if (QUALITY == EXACT) exact(ray, mesh_t);
    else if (QUALITY == FINE) fine(ray, mesh_t);
    else draft(ray, mesh_t);
}
