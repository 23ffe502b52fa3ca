// Hair on a turned head: where it is on the straight one.
//
// Space    : head space, metres.
// Matches  : straight_points() in head360/model/neck.py.
// Needs    : neck.glsl, hair_sample.glsl.

uniform sampler3D u_neck_straight;  // place on the straight head, share of the turn; over the hair box

vec4 straight_hair(vec3 x) {
    return textureLod(u_neck_straight, (x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5, 0.0);
}
