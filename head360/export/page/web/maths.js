// Vectors, rotations, cameras and grids. Matrices are rows, one after another, as in the Python model.

const radians = (degrees) => (degrees * Math.PI) / 180;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const scaled = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
const added = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const unit = (a) => scaled(a, 1 / Math.hypot(a[0], a[1], a[2]));

function product4(a, b) {
  const made = new Array(16).fill(0);
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++) for (let k = 0; k < 4; k++) made[4 * i + j] += a[4 * i + k] * b[4 * k + j];
  return made;
}

// (4, 4) of three rows and what is added to each.
function rigid(rows, offset) {
  const made = rows.flatMap((row, i) => [...row, offset[i]]);
  return [...made, 0, 0, 0, 1];
}

function orbitAxes(camera) {
  const yaw = radians(camera.yaw_degrees), pitch = radians(camera.pitch_degrees);
  const back = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
  const right = [Math.cos(yaw), 0, -Math.sin(yaw)];
  return [right, cross(back, right), back];
}

function orbitEye(camera) {
  return added(camera.target, scaled(orbitAxes(camera)[2], camera.distance));
}

// (4, 4) from head space to OpenGL's clip space.
function clipFromHead(camera, aspect, { near, far }) {
  const axes = orbitAxes(camera), eye = orbitEye(camera);
  const view = rigid(axes, axes.map((row) => -dot(row, eye)));
  const t = Math.tan(radians(camera.fov_degrees) / 2);
  const depth = [(far + near) / (near - far), (2 * far * near) / (near - far)];
  return product4([1 / (t * aspect), 0, 0, 0, 0, 1 / t, 0, 0, 0, 0, ...depth, 0, 0, -1, 0], view);
}

function shadowFromHead(direction, { half: side, centre }) {
  const helper = Math.abs(direction[1]) < 0.95 ? [0, 1, 0] : [0, 0, 1];
  const right = unit(cross(helper, direction));
  const rows = [scaled(right, 1 / side), scaled(cross(direction, right), 1 / side), scaled(direction, -1)];
  return rigid(rows, rows.map((row) => -dot(row, centre)));
}

// Unit axis and angle of yaw after pitch after roll (degrees), within what a neck can do.
function axisAngle(pose, limits) {
  const [yaw, pitch, roll] = pose.map((angle, i) => radians(clamp(angle, -limits[i], limits[i])));
  let whole = [1, 0, 0, 0];
  for (const [axis, angle] of [[[0, 1, 0], yaw], [[1, 0, 0], pitch], [[0, 0, 1], -roll]]) {
    const s = Math.sin(angle / 2);
    whole = quaternionProduct(whole, [Math.cos(angle / 2), axis[0] * s, axis[1] * s, axis[2] * s]);
  }
  const size = Math.hypot(whole[1], whole[2], whole[3]);
  const axis = size > 0 ? scaled(whole.slice(1), 1 / size) : [0, 1, 0];
  return { axis, angle: 2 * Math.atan2(size, whole[0]) };
}

function quaternionProduct(a, b) {
  const u = a.slice(1), v = b.slice(1);
  return [a[0] * b[0] - dot(u, v), ...added(added(scaled(v, a[0]), scaled(u, b[0])), cross(u, v))];
}

// A point turned by a share of a turn about its pivot.
function turnedPoint(point, turn, share) {
  const angle = share * turn.angle, c = Math.cos(angle), s = Math.sin(angle);
  const away = added(point, scaled(turn.pivot, -1));
  const along = scaled(turn.axis, dot(turn.axis, away) * (1 - c));
  return added(turn.pivot, added(added(scaled(away, c), scaled(cross(turn.axis, away), s)), along));
}

// Numbers on the nodes of a grid over a box, x fastest; `channels` of them at each node.
class Grid {
  constructor(size, channels, values, box) {
    Object.assign(this, { size, channels, values, box });
  }

  // The trilinear sample at a point, into `out`; beyond the border its values continue.
  at(x, y, z, out) {
    const [nx, ny, nz] = this.size, { centre, half: side } = this.box, n = this.channels;
    const px = clamp((((x - centre[0]) / side[0] + 1) * nx - 1) / 2, 0, nx - 1);
    const py = clamp((((y - centre[1]) / side[1] + 1) * ny - 1) / 2, 0, ny - 1);
    const pz = clamp((((z - centre[2]) / side[2] + 1) * nz - 1) / 2, 0, nz - 1);
    const ix = Math.min(px | 0, nx - 2), iy = Math.min(py | 0, ny - 2), iz = Math.min(pz | 0, nz - 2);
    const fx = px - ix, fy = py - iy, fz = pz - iz;
    const base = ((iz * ny + iy) * nx + ix) * n, dy = nx * n, dz = nx * ny * n, v = this.values;
    for (let c = 0; c < n; c++) {
      const i = base + c;
      const low = mix(mix(v[i], v[i + n], fx), mix(v[i + dy], v[i + dy + n], fx), fy);
      const high = mix(mix(v[i + dz], v[i + dz + n], fx), mix(v[i + dz + dy], v[i + dz + dy + n], fx), fy);
      out[c] = mix(low, high, fz);
    }
    return out;
  }
}

const mix = (a, b, share) => a + (b - a) * share;

// Calls `visit(index, x, y, z)` with the centre of each cell.
function eachCell(size, { centre, half: side }, visit) {
  let index = 0;
  for (let k = 0; k < size[2]; k++) {
    const z = (((k + 0.5) / size[2]) * 2 - 1) * side[2] + centre[2];
    for (let j = 0; j < size[1]; j++) {
      const y = (((j + 0.5) / size[1]) * 2 - 1) * side[1] + centre[1];
      for (let i = 0; i < size[0]; i++)
        visit(index++, (((i + 0.5) / size[0]) * 2 - 1) * side[0] + centre[0], y, z);
    }
  }
}
