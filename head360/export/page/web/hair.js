// Baked hair on the graphics card, and how far light reaches through it.
// Matches  : GpuHair in head360/rendering/gpu_hair.py, key_transmittance() in lighting.py.

class GpuHair {
  constructor(gpu, facts, arrays) {
    const { size, columns } = facts.hair;
    Object.assign(this, { gpu, facts: facts.hair, arrays, constants: facts.constants });
    this.program = gpu.program("hair");
    this.textures = { ...hairLooks(gpu, facts.hair, arrays), u_volume_density: hairDensity(gpu, facts.hair, arrays) };
    const { centre, half: halves } = facts.constants.boxes.hair;
    this.uniforms = {
      u_volume_size: size, u_volume_columns: columns, u_volume_centre: centre, u_volume_half: halves, u_jaw_follows: 0,
    };
    this.extinction = fromHalves(arrays.hair_extinction);
    this.visibility = fromHalves(arrays.hair_visibility);
    this.straight = null;
    this.moving = {};
    this.follow([], null);
  }

  // Lets hair follow the jaw and the neck.
  follow(weights, turn) {
    const shift = weights.length ? jawShift(weights, this.arrays, this.constants) : null;
    if (turn !== this.turn) this.straight = turn && straightened(turn, this.constants, this.facts);
    this.turn = turn;
    const moved = shift && turn ? turnedShift(shift, this.straight, turn) : shift;
    this.follows = Boolean(moved);
    this.uniforms.u_jaw_follows = moved ? 1 : 0;
    this.gpu.drop(Object.values(this.moving));
    this.moving = {
      u_neck_straight: this.gridTexture(this.straight, 4, "rgba16f"),
      u_jaw_shift: this.gridTexture(moved, 3, "rgb16f"),
    };
  }

  gridTexture(grid, channels, layout) {
    const nowhere = new Float32Array(channels);
    return this.gpu.texture(grid ? grid.size : [1, 1, 1], layout, grid ? grid.values : nowhere);
  }

  // What light is left in each cell of the light volume: of the key lamp, and of the surroundings.
  reach(direction) {
    const { size } = this.constants.light, box = this.constants.boxes.hair;
    let { extinction, visibility } = this;
    if (this.turn) {
      const both = [extinction, visibility].map((values) => new Grid(size, 1, values, box));
      [extinction, visibility] = both.map((grid) => new Float32Array(grid.values.length));
      const place = [0, 0, 0, 0], one = [0];
      eachCell(size, box, (index, x, y, z) => {
        this.straight.at(x, y, z, place);
        extinction[index] = both[0].at(...place.slice(0, 3), one)[0];
        visibility[index] = both[1].at(...place.slice(0, 3), one)[0];
      });
    }
    const through = transmittance(extinction, size, box, direction, this.constants.light);
    const values = new Float32Array(2 * through.length);
    for (let i = 0; i < through.length; i++) {
      values[2 * i] = through[i];
      values[2 * i + 1] = visibility[i];
    }
    return this.gpu.texture(size, "rg16f", values);
  }
}

// Share of light from a direction that reaches each cell through hair.
function transmittance(extinction, size, box, direction, { extinction: scale, step, reach }) {
  const [nx, ny, nz] = size, count = nx * ny * nz, met = new Float32Array(count);
  const steps = Math.floor(reach / step);
  for (let s = 0; s < steps; s++) {
    const way = (s + 0.6) * step;
    const along = size.map((n, axis) => movedCells(n, (way * direction[axis] * n) / (2 * box.half[axis])));
    const [xs, ys, zs] = along;
    let index = 0;
    for (let k = 0; k < nz; k++) {
      const z0 = zs.low[k] * nx * ny, z1 = zs.high[k] * nx * ny, fz = zs.share[k];
      for (let j = 0; j < ny; j++) {
        const a = z0 + ys.low[j] * nx, b = z0 + ys.high[j] * nx, c = z1 + ys.low[j] * nx, d = z1 + ys.high[j] * nx;
        const fy = ys.share[j];
        const wa = (1 - fy) * (1 - fz), wb = fy * (1 - fz), wc = (1 - fy) * fz, wd = fy * fz;
        for (let i = 0; i < nx; i++) {
          const lo = xs.low[i], hi = xs.high[i], fx = xs.share[i];
          const low = wa * extinction[a + lo] + wb * extinction[b + lo] + wc * extinction[c + lo] + wd * extinction[d + lo];
          const high = wa * extinction[a + hi] + wb * extinction[b + hi] + wc * extinction[c + hi] + wd * extinction[d + hi];
          met[index++] += low + (high - low) * fx;
        }
      }
    }
  }
  return met.map((sum) => Math.exp(-scale * step * sum));
}

// The two cells beside each of `count` cells moved by some cells, and the share of the second.
function movedCells(count, moved) {
  const low = new Int32Array(count), high = new Int32Array(count), share = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const place = clamp(i + moved, 0, count - 1);
    low[i] = Math.floor(place);
    high[i] = Math.min(low[i] + 1, count - 1);
    share[i] = place - low[i];
  }
  return { low, high, share };
}

// Roots of extinctions; where there is no hair, minus the steps that are free of it.
function hairDensity(gpu, { size, steps }, arrays) {
  const [nx, ny, nz] = size, density = arrays.hair_density, free = arrays.hair_free;
  const known = Uint16Array.from({ length: 256 }, (_, i) => half(i * steps.density));
  const ahead = Uint16Array.from({ length: 256 }, (_, i) => half(-i));
  const values = new Uint16Array(nx * ny * nz), bx = nx / 2, by = ny / 2;
  let index = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const row = ((k >> 1) * by + (j >> 1)) * bx;
      for (let i = 0; i < nx; i++, index++) {
        const steps_ = free[row + (i >> 1)];
        values[index] = steps_ ? ahead[steps_] : known[density[index]];
      }
    }
  return gpu.texture(size, "r16f", values);
}

// What strands look like, times the density's root: slices of the volume side by side.
function hairLooks(gpu, { size, columns, steps }, arrays) {
  const [nx, ny, nz] = size, width = nx * columns, height = ny * Math.ceil(nz / columns);
  const strand = new Uint16Array(4 * width * height), root = new Uint16Array(4 * width * height);
  const { hair_density: density, hair_tangent: tangent, hair_tone: tone, hair_root: place, hair_along: along } = arrays;
  let index = 0, n = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      let to = 4 * ((Math.floor(k / columns) * ny + j) * width + (k % columns) * nx);
      for (let i = 0; i < nx; i++, index++, to += 4) {
        if (!density[index]) continue;
        const d = density[index] * steps.density;
        for (let c = 0; c < 3; c++) strand[to + c] = half(tangent[3 * n + c] * steps.tangent * d);
        strand[to + 3] = half(Math.exp(tone[n] * steps.tone) * d);
        root[to] = half(place[2 * n] * steps.root * d);
        root[to + 1] = half(place[2 * n + 1] * steps.root * d);
        root[to + 2] = half((along[n] / 255) * d);
        root[to + 3] = half(d);
        n++;
      }
    }
  return {
    u_volume_strand: gpu.texture([width, height], "rgba16f", strand),
    u_volume_root: gpu.texture([width, height], "rgba16f", root),
  };
}
