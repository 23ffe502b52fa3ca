// From head space to the canonical frame of hair: x' = A x + b, then x' + D(x'); a turned head is
// straightened first.
//
// Matches  : Seating and TurnedSeating in head360/model/seating.py and neck.py.
// Needs    : hair_neck.glsl.

uniform mat3 u_seat_matrix;
uniform vec3 u_seat_offset;             // metres
uniform sampler3D u_seat_displacement;  // metres, over the hair box

vec3 to_canonical(vec3 x) {
    if (u_neck_angle != 0.0) x = straight_hair(x).xyz;
    vec3 moved = u_seat_matrix * x + u_seat_offset;
    vec3 at = (moved - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5;
    return moved + textureLod(u_seat_displacement, at, 0.0).xyz;
}
