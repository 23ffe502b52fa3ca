// Averages samples, puts them before the background, and encodes for the screen.
//
// Colour   : in comes display-linear RGB times alpha; out goes sRGB, with straight alpha where the
//            background is transparent.
// Matches  : resolve() in head360/rendering/resolve.py.
#version 330

uniform sampler2D u_color;
uniform int u_samples;       // along each side of a pixel
uniform vec2 u_picture;      // whole picture, pixels
uniform vec2 u_place;        // of this tile in it, pixels
uniform vec3 u_inner, u_outer;  // sRGB
uniform bool u_transparent;

out vec4 f_color;

vec3 srgb_from_linear(vec3 c) {
    c = max(c, 0.0);
    return mix(c * 12.92, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(vec3(0.0031308), c));
}

vec3 linear_from_srgb(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy) * u_samples;
    vec4 sum = vec4(0.0);
    for (int y = 0; y < u_samples; y++)
        for (int x = 0; x < u_samples; x++) sum += texelFetch(u_color, at + ivec2(x, y), 0);
    sum /= float(u_samples * u_samples);
    if (u_transparent) {
        f_color = vec4(srgb_from_linear(sum.rgb / max(sum.a, 1e-4)), sum.a);
        return;
    }
    vec2 place = (gl_FragCoord.xy + u_place) / u_picture * 2.0 - 1.0;
    float radius = length(place * vec2(0.8, 0.9) - vec2(0.0, 0.1));
    vec3 behind = linear_from_srgb(mix(u_inner, u_outer, smoothstep(0.1, 1.4, radius)));
    f_color = vec4(srgb_from_linear(sum.rgb + (1.0 - sum.a) * behind), 1.0);
}
