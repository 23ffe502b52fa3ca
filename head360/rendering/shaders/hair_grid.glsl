// Where there may be hair at all: a coarse grid of extinctions, in the canonical frame.
//
// Needs    : hair_sample.glsl.

uniform sampler3D u_hair_grid;  // log(extinction in 1/m)

const float EMPTY_LOG_EXTINCTION = -1.0;  // log(1/m)

// 0 where there is certainly no hair.
float hair_presence(vec3 x, out float log_extinction) {
    vec3 unit = (x - HAIR_CENTRE) / HAIR_HALF;
    log_extinction = textureLod(u_hair_grid, unit * 0.5 + 0.5, 0.0).r;
    bool outside = any(greaterThan(abs(unit), vec3(1.0)));  // there the border texels only continue
    return outside ? 0.0 : clamp(log_extinction - EMPTY_LOG_EXTINCTION, 0.0, 1.0);
}
