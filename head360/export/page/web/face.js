// The mesh: what a face does with 52 weights, and where a turned neck puts it.
// Matches  : BilinearModel.pose() in head360/model/bilinear.py, neck.py and jaw.py.

class Face {
  constructor(facts, arrays) {
    this.facts = facts;
    this.constants = facts.constants;
    const { neutral: step, delta } = this.constants.steps;
    this.neutral = Float32Array.from(arrays.neutral, (value) => value * step);
    this.count = this.neutral.length / 3;
    this.arrays = arrays;
    this.deltaStep = delta;
    this.index = Object.fromEntries(facts.expressions.map((name, i) => [name, i]));
    this.starts = [0];
    for (const many of arrays.delta_count) this.starts.push(this.starts.at(-1) + many);
    const { chosen, triangles } = arrays;
    this.corners = Uint16Array.from(triangles, (pair) => chosen[pair]);
    this.eyes = [1, 2].map((side) => indicesOf(arrays.eye, side));
    this.positions = new Float32Array(3 * this.count);
    this.normals = new Float32Array(3 * this.count);
    this.turned = new Float32Array(3 * this.count);
    this.vertices = new Float32Array(6 * chosen.length);
    this.placed = new Float32Array(4 * chosen.length);
    this.turn = null;
  }

  // MouthClose lifts the lower lip to an upper lip that the jaw has left: at most jawOpen.
  limited(weights) {
    const known = Float32Array.from(weights);
    const close = this.index.mouthClose;
    known[close] = Math.min(known[close], Math.max(known[this.index.jawOpen], 0));
    return known;
  }

  pose(expression) {
    const weights = this.limited(expression), { delta, delta_vertex: moved } = this.arrays;
    const at = this.positions;
    at.set(this.neutral);
    weights.forEach((weight, j) => {
      if (weight === 0) return;
      const share = weight * this.deltaStep;
      for (let i = this.starts[j]; i < this.starts[j + 1]; i++) {
        const to = 3 * moved[i];
        at[to] += share * delta[3 * i];
        at[to + 1] += share * delta[3 * i + 1];
        at[to + 2] += share * delta[3 * i + 2];
      }
    });
    this.turnEyes(weights);
    this.findNormals();
    this.fill(this.vertices, 6, at, this.normals);
  }

  turnEyes(weights) {
    const { yaw, pitch } = this.constants.eyes;
    ["Left", "Right"].forEach((side, s) => {
      const weight = (way) => weights[this.index[`eyeLook${way}${side}`]];
      const about = yaw * (weight("Out") - weight("In")) * (s ? -1 : 1);
      const down = pitch * (weight("Down") - weight("Up"));
      const cy = Math.cos(about), sy = Math.sin(about), cp = Math.cos(down), sp = Math.sin(down);
      const centre = this.facts.eyes[s];
      for (const vertex of this.eyes[s]) {
        const x = this.neutral[3 * vertex] - centre[0];
        const y = this.neutral[3 * vertex + 1] - centre[1];
        const z = this.neutral[3 * vertex + 2] - centre[2];
        const tilted = sp * y + cp * z;
        this.positions[3 * vertex] = cy * x + sy * tilted + centre[0];
        this.positions[3 * vertex + 1] = cp * y - sp * z + centre[1];
        this.positions[3 * vertex + 2] = cy * tilted - sy * x + centre[2];
      }
    });
  }

  findNormals() {
    const p = this.positions, n = this.normals, corners = this.corners;
    n.fill(0);
    for (let i = 0; i < corners.length; i += 3) {
      const a = 3 * corners[i], b = 3 * corners[i + 1], c = 3 * corners[i + 2];
      const ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], uz = p[b + 2] - p[a + 2];
      const vx = p[c] - p[a], vy = p[c + 1] - p[a + 1], vz = p[c + 2] - p[a + 2];
      const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
      n[a] += x; n[a + 1] += y; n[a + 2] += z;
      n[b] += x; n[b + 1] += y; n[b + 2] += z;
      n[c] += x; n[c + 1] += y; n[c + 2] += z;
    }
    for (let i = 0; i < n.length; i += 3) {
      const size = Math.hypot(n[i], n[i + 1], n[i + 2]) || 1;
      n[i] /= size; n[i + 1] /= size; n[i + 2] /= size;
    }
  }

  // Numbers of vertices, spread to the pairs of vertex and UV that are drawn.
  fill(target, width, points, more) {
    const chosen = this.arrays.chosen, rest = width - 3;
    for (let i = 0; i < chosen.length; i++) {
      const from = chosen[i], to = width * i;
      for (let c = 0; c < 3; c++) target[to + c] = points[3 * from + c];
      for (let c = 0; c < rest; c++) target[to + 3 + c] = more[rest * from + c];
    }
  }

  // Turns the posed mesh on its neck by (3,) degrees.
  place(pose) {
    const { limits, least } = this.constants.neck, shares = this.arrays.shares;
    const { axis, angle } = axisAngle(pose, limits);
    this.turn = angle < least ? null : { axis, angle, pivot: this.facts.pivot };
    if (!this.turn) {
      this.fill(this.placed, 4, this.positions, shares);
      return;
    }
    const p = this.positions;
    for (let i = 0; i < this.count; i++) {
      const at = [p[3 * i], p[3 * i + 1], p[3 * i + 2]];
      this.turned.set(shares[i] ? turnedPoint(at, this.turn, shares[i]) : at, 3 * i);
    }
    this.fill(this.placed, 4, this.turned, shares);
  }
}

function indicesOf(array, value) {
  const found = [];
  array.forEach((each, i) => { if (each === value) found.push(i); });
  return found;
}

// Where on the straight head the nodes of a grid over the hair box are, and their share of the turn.
function straightened(turn, constants, seat) {
  const { grid, rounds, stride, fixed, free, slope } = constants.neck;
  const values = new Float32Array(4 * grid[0] * grid[1] * grid[2]);
  const [, my, mz] = [0, 1, 2].map((row) => seat.matrix[row]);
  eachCell(grid, constants.boxes.hair, (index, x, y, z) => {
    let share = 1;
    for (let round = 0; round < rounds; round++) {
      const at = turnedPoint([x, y, z], turn, -share);
      const height = dot(my, at) + seat.offset[1] + slope * (dot(mz, at) + seat.offset[2]);
      const ramp = clamp((height - fixed) / (free - fixed), 0, 1);
      share += stride * (ramp * ramp * (3 - 2 * ramp) - share);
    }
    values.set([...turnedPoint([x, y, z], turn, -share), share], 4 * index);
  });
  return new Grid(grid, 4, values, constants.boxes.hair);
}

// How far hair has moved with the jaw, on a grid over the hair box; null: nowhere.
function jawShift(weights, arrays, constants) {
  const { shapes, furthest, rounds, least, grid } = constants.jaw, box = constants.boxes.hair;
  const near = arrays.jaw_near, moves = arrays.jaw_moves, count = near.length;
  const moved = new Float32Array(3 * count);
  shapes.forEach((shape, j) => {
    const weight = weights[shape];
    if (weight) for (let i = 0; i < 3 * count; i++) moved[i] += weight * moves[3 * count * j + i];
  });
  let most = 0;
  const forward = new Float32Array(3 * grid[0] * grid[1] * grid[2]);
  for (let i = 0; i < count; i++) {
    const size = Math.hypot(moved[3 * i], moved[3 * i + 1], moved[3 * i + 2]);
    most = Math.max(most, size);
    const share = (furthest * Math.tanh(size / furthest)) / Math.max(size, 1e-9);
    for (let c = 0; c < 3; c++) forward[3 * near[i] + c] = moved[3 * i + c] *= share;
  }
  if (most < least) return null;
  const known = new Grid(grid, 3, forward, box), back = forward.slice(), out = [0, 0, 0];
  const places = [];
  let next = 0;
  eachCell(grid, box, (index, x, y, z) => { if (index === near[next]) { places.push([x, y, z]); next++; } });
  for (let i = 0; i < count; i++) {
    const [x, y, z] = places[i];
    const at = [moved[3 * i], moved[3 * i + 1], moved[3 * i + 2]];
    for (let round = 0; round < rounds; round++) {
      known.at(x - at[0], y - at[1], z - at[2], out);
      for (let c = 0; c < 3; c++) at[c] = out[c];
    }
    back.set(at, 3 * near[i]);
  }
  return new Grid(grid, 3, back, box);
}

// The same on a turned head.
function turnedShift(shift, straight, turn) {
  const values = new Float32Array(shift.values.length), place = [0, 0, 0, 0], moved = [0, 0, 0];
  const still = { ...turn, pivot: [0, 0, 0] };
  eachCell(shift.size, shift.box, (index, x, y, z) => {
    straight.at(x, y, z, place);
    shift.at(place[0], place[1], place[2], moved);
    values.set(turnedPoint(moved, still, place[3]), 3 * index);
  });
  return new Grid(shift.size, 3, values, shift.box);
}
