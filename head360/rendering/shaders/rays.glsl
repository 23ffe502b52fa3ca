// The rays of a picture, or of a tile of it, through the centres of samples.
//
// Space    : head space, metres.
// Matches  : OrbitCamera.rays() in head360/camera.py.

uniform vec3 u_eye;      // metres
uniform mat3 u_axes;     // columns: right, up, backward of the camera
uniform vec2 u_tangent;  // tangents of half the horizontal and vertical fields of view
uniform vec2 u_size;     // of the whole picture, samples
uniform vec2 u_origin;   // of this tile in it, samples

vec3 view_ray() {
    vec2 ndc = (gl_FragCoord.xy + u_origin) / u_size * 2.0 - 1.0;
    return normalize(u_axes * vec3(ndc * u_tangent, -1.0));
}
