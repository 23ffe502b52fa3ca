// The posed mesh on the graphics card: onto six planes, from a camera, and from the key lamp.
// Matches  : GpuHead in head360/rendering/gpu_head.py.

const SKIN = 0, LASH = 4;
const OPENINGS = 6; // the bit after those of the planes
const NO_HIT = 1e3;
const FINE_PLANES = 512, DRAFT_PLANES = 256;

class GpuHead {
  constructor(gpu, face, arrays) {
    const gl = gpu.gl;
    Object.assign(this, { gpu, face, constants: face.constants });
    this.vertices = gl.createBuffer();
    this.placed = gl.createBuffer();
    const uv = gl.createBuffer();
    gpu.write(uv, arrays.uv);
    const painted = [[this.vertices, 24, [0, 3, 0], [1, 3, 12]], [uv, 8, [2, 2, 0]]];
    const placed = [[this.placed, 16, [0, 3, 0], [3, 1, 12]]];
    const some = (kept) => chosenTriangles(arrays.triangles, kept);
    const drawn = some((f) => arrays.material[f] !== LASH);
    const onPlane = (bits, k) => gpu.mesh(painted, some((f) => (bits[f] >> k) & 1));
    this.onPlanes = { fine: [], coarse: [] };
    for (let k = 0; k < 6; k++) {
      this.onPlanes.fine.push(onPlane(arrays.fine, k));
      this.onPlanes.coarse.push(onPlane(arrays.coarse, k));
    }
    this.seen = gpu.mesh(placed, drawn);
    const turned = [...placed, [this.vertices, 24, [1, 3, 12]], [uv, 8, [2, 2, 0]]];
    this.openings = gpu.mesh(turned, some((f) => (arrays.fine[f] >> OPENINGS) & 1));
    this.casting = { fine: this.seen, coarse: gpu.mesh(placed, some((f) => arrays.material[f] === SKIN)) };
    this.programs = {
      planes: gpu.program("planes", "mesh"),
      distance: gpu.program("distance", "mesh"),
      openings: gpu.program("openings", "mesh"),
      depth: gpu.program("depth_only", "mesh"),
    };
    this.maps = paintedMaps(gpu, arrays, this.constants);
    this.planes = {};
    const { size } = this.constants.shadow;
    this.shadow = gpu.shadow(size);
    this.shadowFrame = gpu.frame([], this.shadow);
  }

  pose() {
    this.gpu.write(this.vertices, this.face.vertices);
  }

  place() {
    this.gpu.write(this.placed, this.face.placed);
  }

  // Draws the head onto its six planes: three atlases, by uniform name.
  drawPlanes(coarse) {
    const gpu = this.gpu, size = coarse ? DRAFT_PLANES : FINE_PLANES, kind = coarse ? "coarse" : "fine";
    const made = (this.planes[kind] ??= this.makePlanes(size));
    const { planes: axes, boxes } = this.constants, gl = gpu.gl;
    gpu.clear(made.looks, [0, 0, 0, 0]);
    gpu.target(made.whole, [0, 0, 3 * size, 2 * size]);
    gl.clearBufferfv(gl.COLOR, 1, [0, 0, 0, axes.empty]);
    this.onPlanes[kind].forEach((mesh, k) => {
      gpu.target(made.whole, [(k % 3) * size, Math.floor(k / 3) * size, size, size]);
      const uniforms = { u_axis: axes.view[k], u_centre: boxes.head.centre, u_clip_from_head: this.planeFromHead(k) };
      gpu.drawMesh(mesh, this.programs.planes, uniforms, this.maps);
    });
    return made.atlases;
  }

  makePlanes(size) {
    const gpu = this.gpu, shape = [3 * size, 2 * size];
    const color = gpu.texture(shape, "rgba16f"), surface = gpu.texture(shape, "rgba16f");
    const form = gpu.texture(shape, "rgba" + gpu.filtered);
    const depth = gpu.depth(shape);
    return {
      atlases: { u_head_color: color, u_head_shape: form, u_head_surface: surface },
      looks: gpu.frame([color, surface], depth),
      whole: gpu.frame([color, form, surface], depth),
    };
  }

  planeFromHead(k) {
    const { right, up, view, sides, depths } = this.constants.planes;
    const rows = [scaled(right[k], 1 / sides[k][0]), scaled(up[k], 1 / sides[k][1]), scaled(view[k], -1 / depths[k])];
    return rigid(rows, rows.map((row) => -dot(row, this.constants.boxes.head.centre)));
  }

  // Metres along each ray to the mesh, within a tile of a picture of samples.
  drawDistance(frame, camera, tile, coarse) {
    const gpu = this.gpu, gl = gpu.gl, [width, height] = tile.picture;
    gpu.clear(frame, [NO_HIT, NO_HIT, NO_HIT, NO_HIT]);
    gpu.target(frame, [-tile.origin[0], -tile.origin[1], width, height]);
    if (coarse) gl.enable(gl.CULL_FACE);
    const clip = clipFromHead(camera, width / height, this.constants.camera);
    gpu.drawMesh(this.seen, this.programs.distance, { u_eye: orbitEye(camera), u_clip_from_head: clip });
  }

  // The mesh's own picture in mouth and eyes, over a G-buffer whose depth `drawDistance` has left.
  drawOpenings(frame, camera, tile, coarse, neck) {
    const gpu = this.gpu, gl = gpu.gl, [width, height] = tile.picture;
    gpu.target(frame, [-tile.origin[0], -tile.origin[1], width, height]);
    if (coarse) gl.enable(gl.CULL_FACE);
    gl.depthFunc(gl.LEQUAL);
    const clip = clipFromHead(camera, width / height, this.constants.camera);
    gpu.drawMesh(this.openings, this.programs.openings, { ...neck, u_eye: orbitEye(camera), u_clip_from_head: clip }, this.maps);
  }

  castShadow(direction, coarse) {
    const gpu = this.gpu, { size, depth } = this.constants.shadow;
    gpu.clear(this.shadowFrame, []);
    gpu.target(this.shadowFrame, [0, 0, size, size]);
    const scale = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 / depth, 0, 0, 0, 0, 1];
    const clip = product4(scale, shadowFromHead(direction, this.constants.shadow));
    gpu.drawMesh(this.casting[coarse ? "coarse" : "fine"], this.programs.depth, { u_clip_from_head: clip });
  }

  // From head space to coordinates 0 … 1 in the shadow map, its bias taken off.
  shadowTexture(direction) {
    const { depth, bias } = this.constants.shadow;
    const scale = [0.5, 0, 0, 0.5, 0, 0.5, 0, 0.5, 0, 0, 0.5 / depth, 0.5 - (0.5 * bias) / depth, 0, 0, 0, 1];
    return product4(scale, shadowFromHead(direction, this.constants.shadow));
  }
}

function chosenTriangles(triangles, kept) {
  const chosen = [];
  for (let f = 0; f < triangles.length / 3; f++)
    if (kept(f)) chosen.push(triangles[3 * f], triangles[3 * f + 1], triangles[3 * f + 2]);
  return new Uint16Array(chosen);
}

function paintedMaps(gpu, arrays, constants) {
  const [rows, columns] = arrays.shapes.map_color;
  const slopes = new Float32Array(2 * rows * columns), height = arrays.map_height;
  const step = constants.steps.height;
  for (let y = 0; y < rows; y++) {
    const above = Math.min(y + 1, rows - 1) * columns, below = Math.max(y - 1, 0) * columns;
    for (let x = 0; x < columns; x++) {
      const at = y * columns, right = at + Math.min(x + 1, columns - 1), left = at + Math.max(x - 1, 0);
      slopes[2 * (at + x)] = (height[right] - height[left]) * step * (columns / 2);
      slopes[2 * (at + x) + 1] = (height[above + x] - height[below + x]) * step * (rows / 2);
    }
  }
  return {
    u_map_color: gpu.texture([columns, rows], "rgba8", arrays.map_color),
    u_map_surface: gpu.texture([columns, rows], "rgb8", arrays.map_surface),
    u_map_slope: gpu.texture([columns, rows], "rg16f", slopes),
  };
}
