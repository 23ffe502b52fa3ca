// What the mesh looks like at a fragment: material maps, and the normal bent by the height map.
//
// Space    : head space, metres.  Colour: albedo is sRGB-encoded, as in the maps.
// Matches  : _attributes() in head360/rendering/reference.py.
// Needs    : v_position, v_normal, v_uv.

uniform sampler2D u_map_color;    // albedo rgb, occlusion
uniform sampler2D u_map_surface;  // roughness, specular, scatter, height

const float HEIGHT_RANGE = 0.001;  // metres from height 0 to 1

float height_at(vec2 uv) { return textureLod(u_map_surface, uv, 0.0).w * HEIGHT_RANGE; }

// Screen derivatives give the triangle's own gradients of u and v: both are linear in a triangle.
vec3 bent_normal() {
    vec3 px = dFdx(v_position), py = dFdy(v_position);
    vec2 tx = dFdx(v_uv), ty = dFdy(v_uv);
    float area = tx.x * ty.y - tx.y * ty.x;
    vec3 n = normalize(v_normal);
    vec3 along_u = px * ty.y - py * tx.y, along_v = py * tx.x - px * ty.x;  // times area
    vec3 face = cross(along_u, along_v);
    float squared = dot(face, face);
    if (squared < 1e-36 || abs(area) < 1e-20) return n;
    vec3 gradient_u = cross(along_v, face) * (area / squared);
    vec3 gradient_v = cross(face, along_u) * (area / squared);
    vec2 texel = 1.0 / vec2(textureSize(u_map_surface, 0));
    float slope_u = height_at(v_uv + vec2(texel.x, 0.0)) - height_at(v_uv - vec2(texel.x, 0.0));
    float slope_v = height_at(v_uv + vec2(0.0, texel.y)) - height_at(v_uv - vec2(0.0, texel.y));
    vec3 bend = slope_u / (2.0 * texel.x) * gradient_u + slope_v / (2.0 * texel.y) * gradient_v;
    return normalize(n - bend);
}
