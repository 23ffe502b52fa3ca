// Where in the hair's G-buffer a sample finds its hair.
//
// A draft's G-buffer is coarse and filtered. Its rays end at the head, or pass beside it; a sample must not
// mix both, or hair behind a cheek would bleed into it: at such edges it takes the nearest texel
// whose ray has ended where its own does.
// Needs    : COARSE, samples along each side of a texel; u_hair_strand, u_head_shape.

const float SAME_END = 0.012;  // metres
const float BESIDE = 1e3;      // metres: the rays of hair that do not meet the head

vec2 hair_place(ivec2 at) {
    vec2 size = vec2(textureSize(u_hair_strand, 0));
    if (COARSE == 1) return (vec2(at) + 0.5) / size;
    vec2 place = (vec2(at) + 0.5) / float(COARSE);
    float t = texelFetch(u_head_shape, at, 0).w;
    float end = t > 0.0 ? t : BESIDE;
    float furthest = 0.0, nearest = 1e3;
    vec2 chosen = place;
    for (int i = 0; i < 4; i++) {
        vec2 texel = clamp(floor(place - 0.5) + vec2(i % 2, i / 2), vec2(0.0), size - 1.0) + 0.5;
        float apart = abs(texelFetch(u_hair_strand, ivec2(texel), 0).w - end);
        vec2 way = texel - place;
        float far = dot(way, way);
        furthest = max(furthest, apart);
        if (apart < SAME_END && far < nearest) {
            nearest = far;
            chosen = texel;
        }
    }
    return (furthest < SAME_END ? place : chosen) / size;
}
