// A head that has turned on its neck: each place makes a share of one rotation.
//
// Space    : head space, metres.
// Matches  : Turn in head360/model/neck.py.

uniform vec3 u_neck_pivot;   // metres
uniform vec3 u_neck_axis;    // unit
uniform float u_neck_angle;  // radians; 0: the head looks straight on

vec3 neck_rotated(vec3 v, float share) {
    float c = cos(share * u_neck_angle), s = sin(share * u_neck_angle);
    return v * c + cross(u_neck_axis, v) * s + u_neck_axis * (dot(u_neck_axis, v) * (1.0 - c));
}

vec3 neck_moved(vec3 x, float share) { return u_neck_pivot + neck_rotated(x - u_neck_pivot, share); }
