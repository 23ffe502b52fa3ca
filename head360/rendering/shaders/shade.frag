// Lights the G-buffer of the head, or of the hair to be blended over it, or shows one of its channels.
//
// Space    : head space, metres. Row 0 of every texture is the bottom of the picture.
// Colour   : albedo comes in sRGB-encoded; out goes display-linear RGB (after the tone curve, before
//            the sRGB curve) times alpha, and alpha.
// Matches  : shade() in head360/rendering/shade.py, mode 0.
#version 330

#ifndef HAIR
#define HAIR 0  // 1: hair
#endif
#ifndef COARSE
#define COARSE 1  // samples along each side of a texel of the hair's G-buffer
#endif

uniform sampler2D u_head_color;    // albedo rgb, alpha
uniform sampler2D u_head_shape;    // normal xyz, t in metres
uniform sampler2D u_head_surface;  // roughness, specular, scatter, occlusion
uniform sampler2D u_hair_color;    // alpha; times alpha: tone, along, t in metres
uniform sampler2D u_hair_strand;   // times alpha: tangent xyz; metres to the end of the ray
uniform sampler2D u_hair_root;     // times alpha: scalp coordinates of the root
uniform sampler2D u_sharp;         // latitude-longitude radiance, row 0 up
uniform sampler2D u_blurred;
uniform sampler2D u_noise;         // strand noise: tone, sheen
uniform sampler3D u_volume;        // key transmittance, ambient visibility, over the hair box
uniform sampler2DShadow u_shadow;  // depth from the key lamp
uniform mat4 u_shadow_from_head;   // to texture coordinates 0 ... 1
uniform vec3 u_irradiance[9];
uniform vec2 u_turn;               // cosine and sine of the probe's rotation
uniform vec3 u_lamp_direction[3];
uniform vec3 u_lamp_color[3];
uniform vec3 u_lamp_gloss[3];      // the same as hair mirrors it
uniform vec3 u_hair_albedo;        // linear RGB
uniform vec4 u_hair_tones[2];      // of roots and tips: linear RGB, reach along a strand 0 ... 1
uniform sampler3D u_hair_paint;    // logarithms of factors, over scalp coordinates and along strands
uniform vec2 u_depth_range;        // metres shown as white and black
uniform float u_strands;           // how much of single strands' noise a sample shows
uniform int u_mode;                // 0 shaded, 1 albedo, 2 normals, 3 depth, 4 clay, 5 guide, 6 aspect,
                                   // 7 strands: scalp coordinates, along

out vec4 f_color;

//include rays.glsl
//include hair_sample.glsl
//include hair_place.glsl

const vec3 SKULL_CENTRE = vec3(0.0, 0.04, -0.005); // metres: hair bulges away from here
const float EXPOSURE = 0.42;
const float STRANDS_IN_A_LOCK = 4.0;
const vec2 STRANDS_SHOW = vec2(0.0008, 0.0025);    // metres: samples that show strands, that do not
const float DARKEST = 0.006;                       // even black hair scatters some light
const float PI = 3.14159265;

vec3 tone_curve(vec3 c) {
    c *= EXPOSURE;
    return clamp(c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14), 0.0, 1.0);
}

vec3 linear_from_srgb(vec3 c) {
    c = max(c, 0.0);
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));
}

vec3 turned(vec3 d) {
    return vec3(u_turn.x * d.x - u_turn.y * d.z, d.y, u_turn.y * d.x + u_turn.x * d.z);
}

vec3 irradiance(vec3 direction) {
    vec3 n = turned(direction);
    vec3 sum = u_irradiance[0] * 0.282095
        + 0.488603 * (u_irradiance[1] * n.y + u_irradiance[2] * n.z + u_irradiance[3] * n.x)
        + 1.092548 * (u_irradiance[4] * n.x * n.y + u_irradiance[5] * n.y * n.z + u_irradiance[7] * n.x * n.z)
        + u_irradiance[6] * 0.315392 * (3.0 * n.z * n.z - 1.0)
        + u_irradiance[8] * 0.546274 * (n.x * n.x - n.y * n.y);
    return max(sum, 0.02);
}

vec3 reflection(vec3 direction, float roughness) {
    vec3 d = turned(direction);
    vec2 at = vec2(atan(d.x, d.z) / (2.0 * PI) + 0.5, acos(clamp(d.y, -1.0, 1.0)) / PI);
    float rough = smoothstep(0.1, 0.35, roughness);
    return mix(textureLod(u_sharp, at, 0.0).rgb, textureLod(u_blurred, at, 0.0).rgb, rough);
}

// Share of the key lamp's light that the head lets through: four taps of 2 x 2 comparisons.
float lamp_visibility(vec3 x) {
    vec3 at = (u_shadow_from_head * vec4(x, 1.0)).xyz;
    float texel = 0.75 / float(textureSize(u_shadow, 0).x);
    float sum = 0.0;
    for (int i = 0; i < 4; i++) {
        vec2 offset = vec2(i % 2 * 2 - 1, i / 2 * 2 - 1) * texel;
        sum += texture(u_shadow, vec3(at.xy + offset, at.z));
    }
    return 0.25 * sum;
}

vec2 through_hair(vec3 x) {
    return textureLod(u_volume, (x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5, 0.0).rg;
}

float ggx(float nh, float alpha) {
    float a2 = alpha * alpha, d = nh * nh * (a2 - 1.0) + 1.0;
    return min(a2 / (PI * d * d), 60.0);
}

vec3 shade_head(vec3 x, vec3 view, vec4 color, vec3 n, vec4 surface) {
    float roughness = surface.x, scatter = surface.z, occlusion = clamp(surface.w, 0.0, 1.0);
    vec2 hair = through_hair(x);
    float open = occlusion * mix(0.25, 1.0, hair.y);
    float key = lamp_visibility(x + n * 0.0015) * hair.x;
    float f0 = 0.08 * surface.y, f90 = min(1.0, 50.0 * f0);
    float nv = max(dot(n, view), 0.05);
    float wide = max(roughness * roughness, 0.003), narrow = max(0.36 * roughness * roughness, 0.002);
    vec3 wrap = scatter * vec3(0.38, 0.16, 0.10);
    vec3 diffuse = irradiance(n) * mix(vec3(open), pow(vec3(open), vec3(0.72, 1.0, 1.08)), scatter);
    vec3 glints = vec3(0.0);
    for (int i = 0; i < 3; i++) {
        vec3 light = u_lamp_direction[i];
        float seen = i == 0 ? key : mix(0.35, 1.0, occlusion) * mix(1.0, hair.y, 0.7);
        float nl = dot(n, light);
        vec3 soft = clamp((nl + wrap) / ((1.0 + wrap) * (1.0 + wrap)), 0.0, 1.0);
        diffuse += u_lamp_color[i] * soft * mix(vec3(seen), pow(vec3(seen), vec3(0.75, 1.0, 1.1)), scatter);
        vec3 halfway = normalize(light + view);
        float nh = max(dot(n, halfway), 0.0), vh = max(dot(view, halfway), 0.0);
        float facing = max(nl, 0.0);
        float fresnel = f0 + (f90 - f0) * pow(1.0 - vh, 5.0);
        float lobes = 0.62 * ggx(nh, wide) + 0.38 * ggx(nh, narrow);
        float masking = 0.25 / max(mix(facing, 1.0, 0.3) * mix(nv, 1.0, 0.3), 0.05);
        glints += u_lamp_color[i] * (seen * lobes * fresnel * masking * facing);
    }
    float rim = f0 + (f90 - f0) * pow(1.0 - nv, 5.0) * 0.55 * (1.0 - 0.6 * roughness);
    glints += reflection(reflect(-view, n), roughness) * (rim * open * open * 0.9);
    return linear_from_srgb(color.rgb) * diffuse + glints;
}

// What makes single strands of the hair's mass: locks (xy) and strands (zw), each a tone and a sheen.
// Strands that are much finer than a sample (t metres away) fade instead of flickering.
vec4 strand_noise(vec2 root, float along, float t) {
    vec2 fine = root * STRANDS_IN_A_LOCK + along * vec2(0.11, 0.07);
    float seen = 1.0 - smoothstep(STRANDS_SHOW.x, STRANDS_SHOW.y, 2.0 * t * u_tangent.y / u_size.y);
    vec2 strands = textureLod(u_noise, fine, 0.0).rg * (seen * u_strands);
    return vec4(textureLod(u_noise, root, 0.0).rg, strands);
}

// Grey hair is a mixture of dark strands and white ones: 0 coloured ... 1 grey.
float greyness(vec3 color) {
    float high = max(max(color.r, color.g), color.b), low = min(min(color.r, color.g), color.b);
    return (1.0 - smoothstep(0.15, 0.45, 1.0 - low / max(high, 1e-4))) * smoothstep(0.02, 0.10, high);
}

// Hair may have other colours near the scalp and at its ends.
vec3 unpainted_hair(float along) {
    float root = u_hair_tones[0].w, tip = u_hair_tones[1].w;
    float at_root = 1.0 - smoothstep(0.6 * root, 1.4 * root + 1e-3, along);
    float at_tip = smoothstep(1.0 - 1.4 * tip, 1.0 - 0.6 * tip + 1e-3, along);
    return mix(mix(u_hair_albedo, u_hair_tones[0].rgb, at_root), u_hair_tones[1].rgb, at_tip);
}

const float LEAST_HAIR = 0.004; // what hair without any of a colour takes of it when it is lightened

vec3 hair_color(vec2 root, float along) {
    vec3 factor = exp(textureLod(u_hair_paint, vec3(root, along), 0.0).rgb);
    return unpainted_hair(along) * factor + LEAST_HAIR * max(factor - 1.0, 0.0);
}

vec3 strand_color(vec4 color, vec2 root, vec4 noise) {
    vec3 own = hair_color(root, color.z);
    float fade = 0.60 + 0.40 * smoothstep(0.0, 0.3, color.z);
    float tips = 1.0 + 0.3 * color.z * color.z, grey = greyness(own);
    float tone = exp((0.11 - 0.08 * grey) * noise.x + (0.14 + 0.08 * grey) * noise.z);
    return own * (color.y * fade * tips * tone);
}

// Cameras balance white, and nothing betrays them like grey hair.
vec3 balanced(vec3 light) {
    return mix(vec3(dot(light, vec3(0.2126, 0.7152, 0.0722))), light, 0.4);
}

vec3 blurred_probe(vec3 direction) {
    vec3 d = turned(direction);
    vec2 at = vec2(atan(d.x, d.z) / (2.0 * PI) + 0.5, acos(clamp(d.y, -1.0, 1.0)) / PI);
    return textureLod(u_blurred, at, 0.0).rgb;
}

vec3 shade_hair(vec3 x, vec3 view, vec4 color, vec3 t, float sure, vec3 albedo, vec4 noise) {
    vec3 tinted = albedo * sqrt(max(albedo, 0.0)); // light that has been in a strand
    float strong = exp(0.22 * noise.y + 0.20 * noise.w), shift = 0.02 * noise.y + 0.015 * noise.w;
    vec2 hair = through_hair(x);
    vec3 bulge = normalize(x - SKULL_CENTRE);
    float tv = dot(t, view);
    vec3 flat_on = view - t * tv;
    flat_on /= max(length(flat_on), 1e-4);
    vec3 n = normalize(mix(flat_on, bulge, 0.55));
    float key = lamp_visibility(x + u_lamp_direction[0] * 0.004) * hair.x;
    // Light hair hands light on where dark hair swallows it.
    float open = hair.y * mix(0.35 + 0.65 * hair.y, 1.0, clamp(albedo.g, 0.0, 1.0));
    float outer = min(1.6 * hair.y, 1.0); // half of what a strand on top sees is the hair below it
    vec3 ambient = balanced(irradiance(n));
    vec3 sum = (albedo + DARKEST) * ambient * open;
    // The probe, along the cone that a strand mirrors the view into, where that leaves the hair.
    vec3 side = n - t * dot(t, n);
    side /= max(length(side), 1e-4);
    vec3 mirrored = side * sqrt(max(0.0, 1.0 - tv * tv)) - t * tv;
    vec3 sky = mix(ambient, balanced(blurred_probe(mirrored)), 0.5);
    sum += sky * (0.033 * strong + 0.30 * tinted) * (outer * open);
    for (int i = 0; i < 3; i++) {
        vec3 light = u_lamp_direction[i];
        float seen = i == 0 ? key : mix(0.3, 1.0, outer) * outer;
        float tl = dot(t, light), nl = dot(n, light);
        float across = sqrt(max(0.0, 1.0 - tl * tl));
        vec3 lit = (albedo + DARKEST) * (0.55 * across * mix(0.35, 1.0, clamp((nl + 0.45) / 1.45, 0.0, 1.0)));
        float th = dot(t, normalize(light + view));
        float first = th + 0.07 + shift, second = th - 0.11 + 1.5 * shift;
        float white = mix(0.25, exp(-32.0 * first * first), sure);
        float coloured = mix(0.40, exp(-14.0 * second * second), sure);
        vec3 shine = strong * (0.050 * white + (0.45 * tinted + 0.008) * coloured);
        lit += albedo * (0.6 * pow(max(0.0, -dot(light, view)), 6.0));
        sum += seen * (u_lamp_color[i] * lit + u_lamp_gloss[i] * shine * smoothstep(-0.2, 0.5, nl));
    }
    return sum;
}

// Thin hair is some strands and some gaps, not a haze: there noise counts in full.
float frayed(float alpha, float noise) {
    return clamp(alpha + 0.9 * alpha * (1.0 - alpha) * noise, 0.0, 1.0);
}

float nearness(float t) {
    float near = 1.0 - (t - u_depth_range.x) / (u_depth_range.y - u_depth_range.x);
    near = clamp(near, 0.0, 1.0);
    return near * near;
}

// How a surface or a strand lies as the camera sees it: a normal, or what stays the same when a
// tangent is turned round, so that the mean of many strands keeps their direction.
vec3 aspect(vec3 n) {
    return (n * u_axes) * 0.5 + 0.5;
}

vec3 strand_aspect(vec3 t) {
    vec3 v = t * u_axes;
    return vec3(vec2(v.x * v.x - v.y * v.y, 2.0 * v.x * v.y) * 0.5 + 0.5, v.z * v.z);
}

vec3 head_pixel(vec3 ray, vec4 color, vec4 shape, vec4 surface) {
    if (u_mode == 1) return linear_from_srgb(color.rgb);
    if (u_mode == 2) return linear_from_srgb(shape.xyz * 0.5 + 0.5);
    if (u_mode == 3) return vec3(nearness(shape.w));
    if (u_mode == 5) return vec3(0.0, nearness(shape.w), clamp(surface.w, 0.0, 1.0));
    if (u_mode == 6) return aspect(shape.xyz);
    if (u_mode == 7) return vec3(0.0);
    if (u_mode == 4) color.rgb = vec3(0.62);
    if (u_mode == 4) surface = vec4(0.6, 0.3, 0.0, surface.w);
    return tone_curve(shade_head(u_eye + ray * shape.w, -ray, color, shape.xyz, surface));
}

// The tangent is the mean of strands that may lie this way and that: where they cancel each other out,
// its direction says nothing, and highlights are spread evenly.
vec3 hair_pixel(vec3 ray, vec4 color, vec3 mean_tangent, vec2 root, vec4 noise) {
    float size = length(mean_tangent), sure = smoothstep(0.35, 0.85, size);
    vec3 tangent = mean_tangent / max(size, 1e-4);
    vec3 albedo = strand_color(color, root, noise);
    if (u_mode == 1) return albedo;
    if (u_mode == 2) return linear_from_srgb(tangent * 0.5 + 0.5);
    if (u_mode == 3) return vec3(nearness(color.w));
    if (u_mode == 5) return vec3(1.0, nearness(color.w), 0.5 + 0.17 * noise.y);
    if (u_mode == 6) return strand_aspect(tangent);
    if (u_mode == 7) return vec3(clamp(root, 0.0, 1.0), clamp(color.z, 0.0, 1.0));
    return tone_curve(shade_hair(u_eye + ray * color.w, -ray, color, tangent, sure, albedo, noise));
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec3 ray = view_ray();
    if (HAIR == 0) {
        vec4 head = texelFetch(u_head_color, at, 0), shape = texelFetch(u_head_shape, at, 0);
        f_color = vec4(head_pixel(ray, head, shape, texelFetch(u_head_surface, at, 0)), 1.0) * head.a;
    } else {
        vec2 place = hair_place(at);
        vec4 hair = textureLod(u_hair_color, place, 0.0);
        f_color = vec4(0.0);
        if (hair.x > 0.0) {
            vec4 mean = hair / hair.x;
            vec3 tangent = textureLod(u_hair_strand, place, 0.0).xyz / hair.x;
            vec2 root = textureLod(u_hair_root, place, 0.0).rg / hair.x;
            vec4 noise = strand_noise(root, mean.z, mean.w);
            f_color = vec4(hair_pixel(ray, mean, tangent, root, noise), 1.0) * frayed(hair.x, noise.z / u_strands);
        }
    }
}
