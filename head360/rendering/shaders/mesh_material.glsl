// What the mesh looks like at a fragment: material maps, and the normal bent by the height map.
//
// Space    : head space, metres.  Colour: albedo is sRGB-encoded, as in the maps.
// Matches  : _attributes() in head360/rendering/reference.py.
// Needs    : v_position, v_uv.

uniform sampler2D u_map_color;    // albedo rgb, occlusion
uniform sampler2D u_map_surface;  // roughness, specular, scatter
uniform sampler2D u_map_slope;    // change of height along u and v, metres from 0 to 1

// The unit normal n as the height map bends it. Screen derivatives give the triangle's own gradients of u and v: both are linear in a triangle.
vec3 bent_normal(vec3 n) {
    vec3 px = dFdx(v_position), py = dFdy(v_position);
    vec2 tx = dFdx(v_uv), ty = dFdy(v_uv);
    float area = tx.x * ty.y - tx.y * ty.x;
    vec3 along_u = px * ty.y - py * tx.y, along_v = py * tx.x - px * ty.x;  // times area
    vec3 face = cross(along_u, along_v);
    float squared = dot(face, face);
    if (squared < 1e-36 || abs(area) < 1e-20) return n;
    vec3 gradient_u = cross(along_v, face) * (area / squared);
    vec3 gradient_v = cross(face, along_u) * (area / squared);
    vec2 slope = textureLod(u_map_slope, v_uv, 0.0).rg;
    return normalize(n - slope.x * gradient_u - slope.y * gradient_v);
}
