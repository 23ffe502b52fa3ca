// Hair on a turned head: where it is on the straight one. And hair that follows the jaw: where it was.
//
// Space    : head space, metres.
// Matches  : straight_points() in head360/model/neck.py, FollowingSeating in jaw.py.
// Needs    : neck.glsl, hair_sample.glsl.

uniform sampler3D u_neck_straight;  // place on the straight head, share of the turn; over the hair box

vec4 straight_hair(vec3 x) {
    return textureLod(u_neck_straight, (x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5, 0.0);
}

uniform sampler3D u_jaw_shift;  // metres that hair has moved; over the hair box
uniform float u_jaw_follows;    // 0: none has

vec3 before_jaw(vec3 x) {
    if (u_jaw_follows != 0.0) x -= textureLod(u_jaw_shift, (x - HAIR_CENTRE) / HAIR_HALF * 0.5 + 0.5, 0.0).xyz;
    return x;
}
