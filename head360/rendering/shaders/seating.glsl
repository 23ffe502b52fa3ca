// From head space to the canonical frame of hair: x' = A x + b, then x' + D(x').
//
// Matches  : Seating in head360/model/seating.py.

uniform mat3 u_seat_matrix;
uniform vec3 u_seat_offset;             // metres
uniform sampler3D u_seat_displacement;  // metres, over the hair box

vec3 to_canonical(vec3 x) {
    vec3 moved = u_seat_matrix * x + u_seat_offset;
    vec3 at = (moved - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5;
    return moved + textureLod(u_seat_displacement, at, 0.0).xyz;
}
