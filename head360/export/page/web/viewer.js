// Draws the head, tile by tile: distance to the mesh, march through the head's field, march through baked
// hair, shading, and averaging of samples into pixels.
// Matches  : Viewer in head360/rendering/viewer.py.

const TILE_SAMPLES = 270000;
const COARSE = 2; // samples along each side of what a draft marches hair once for

class Viewer {
  constructor(gl, facts, arrays) {
    this.gl = gl;
    this.facts = facts;
    const gpu = (this.gpu = new Gpu(gl, facts.shaders));
    this.face = new Face(facts, arrays);
    this.head = new GpuHead(gpu, this.face, arrays);
    this.hair = facts.hair ? new GpuHair(gpu, facts, arrays) : null;
    const names = ["head", "head_draft", "shade_head", "resolve"];
    if (this.hair) names.push("shade_hair", "shade_hair_draft", "mark_hair");
    this.programs = Object.fromEntries(names.map((name) => [name, gpu.program(name)]));
    this.noise = gpu.texture(arrays.shapes.noise.slice(0, 2), "rg16f",
      Float32Array.from(arrays.noise, (value) => value * facts.constants.steps.noise), { repeat: "both" });
    const [along, v, u] = arrays.shapes.hair_paint;
    this.paint = gpu.texture([u, v, along], "rgb16f", arrays.hair_paint);
    this.probes = arrays;
    this.light = {};
    this.planes = {};
    this.known = {};
    this.buffers = null;
  }

  // Brings what has changed to the graphics card. `look`: expression, pose, light.
  take(look, draft) {
    const { expression, pose, light } = look, known = this.known;
    const posed = known.expression !== expression, turned = posed || known.pose !== pose;
    if (posed) {
      this.face.pose(expression);
      this.head.pose();
      this.planes = {};
    }
    if (turned) {
      this.face.place(pose);
      this.head.place();
      if (this.hair) this.hair.follow(expression, this.face.turn);
    }
    const relit = known.light !== light;
    if (relit) this.relight(light);
    if (turned || relit || (this.coarseShadow && !draft)) {
      this.head.castShadow(this.lamps[0], draft);
      this.coarseShadow = draft;
    }
    const stale = relit || (turned && this.face.turn !== known.turn);
    this.staleReach = this.staleReach || stale || !this.light.u_volume;
    if (this.staleReach && (!draft || !this.light.u_volume)) this.reach();
    Object.assign(known, { expression, pose, light, turn: this.face.turn });
    const kind = draft && !this.planes.fine ? "coarse" : "fine";
    this.planes[kind] ??= this.head.drawPlanes(kind === "coarse");
    return this.planes[kind];
  }

  relight({ preset, rotation_degrees: rotation, intensity }) {
    const { presets } = this.facts.light, chosen = presets[preset];
    const c = Math.cos(radians(rotation)), s = Math.sin(radians(rotation));
    this.lamps = chosen.directions.map(([x, y, z]) => [c * x + s * z, y, c * z - s * x]);
    const strong = (values) => values.flat().map((value) => value * intensity);
    this.lightUniforms = {
      u_irradiance: strong(chosen.irradiance), u_turn: [c, s], u_lamp_direction: this.lamps.flat(),
      u_lamp_color: strong(chosen.colors), u_lamp_gloss: strong(chosen.gloss), u_shadow_from_head: this.head.shadowTexture(this.lamps[0]),
      u_hair_albedo: this.facts.hair_color, u_hair_tones: this.facts.hair_tones, u_depth_range: [0, 1], u_mode: 0, u_strands: this.facts.strands,
    };
    if (this.preset === preset && this.intensity === intensity) return;
    const index = Object.keys(presets).indexOf(preset);
    for (const kind of ["sharp", "blurred"]) {
      const [, rows, columns] = this.probes.shapes[kind], size = 3 * rows * columns;
      const bits = this.probes[kind].slice(index * size, (index + 1) * size);
      const values = intensity === 1 ? bits : Float32Array.from(bits, (each) => fromHalf(each) * intensity);
      if (this.light["u_" + kind]) this.gpu.drop([this.light["u_" + kind]]);
      this.light["u_" + kind] = this.gpu.texture([columns, rows], "rgb16f", values, { repeat: true });
    }
    Object.assign(this, { preset, intensity });
  }

  // How light reaches through hair; slow, so drafts go on with what was.
  reach() {
    if (this.light.u_volume) this.gpu.drop([this.light.u_volume]);
    this.light.u_volume = this.hair ? this.hair.reach(this.lamps[0])
      : this.gpu.texture([1, 1, 1], "rg16f", new Float32Array([1, 1]));
    this.staleReach = false;
  }

  // Draws a picture of (width, height) pixels into `this.picture`; yields between tiles.
  *draw(look, camera, size, { draft = false } = {}) {
    const planes = this.take(look, draft), samples = draft ? 1 : 2, [width, height] = size;
    const rows = Math.min(height, Math.max(1, Math.floor(TILE_SAMPLES / (width * samples ** 2))));
    this.fit([width, rows], samples, draft);
    this.fitPicture(size);
    for (let bottom = 0; bottom < height; bottom += rows) {
      const count = Math.min(rows, height - bottom);
      const tile = {
        picture: [width * samples, height * samples], origin: [0, bottom * samples],
        size: [width * samples, count * samples],
      };
      this.marchHead(planes, camera, tile, draft);
      const rays = this.rays(camera, tile, 1);
      this.shade(rays, camera, tile, draft);
      this.resolve(size, bottom, count, samples);
      if (bottom + rows < height) yield;
    }
  }

  rays(camera, { picture, origin }, step) {
    const tangent = Math.tan(radians(camera.fov_degrees) / 2), [width, height] = picture;
    const rows = orbitAxes(camera);
    return {
      u_eye: orbitEye(camera), u_axes: [0, 1, 2].flatMap((i) => rows.map((row) => row[i])),
      u_tangent: [(tangent * width) / height, tangent],
      u_size: [width / step, height / step], u_origin: [origin[0] / step, origin[1] / step],
    };
  }

  neckUniforms() {
    const turn = this.face.turn;
    if (!turn) return { u_neck_angle: 0 };
    return { u_neck_pivot: turn.pivot, u_neck_axis: turn.axis, u_neck_angle: turn.angle };
  }

  marchHead(planes, camera, tile, draft) {
    const { gpu, buffers } = this, view = [0, 0, ...tile.size];
    this.head.drawDistance(buffers.distance, camera, tile, draft);
    gpu.clear(buffers.head, [0, 0, 0, 0]);
    const program = this.programs[draft ? "head_draft" : "head"];
    const neck = this.neckUniforms(), uniforms = { ...this.rays(camera, tile, 1), ...neck };
    gpu.pass(program, buffers.head, view, { ...planes, u_mesh_distance: buffers.reach }, uniforms, { mask: true });
    this.head.drawOpenings(buffers.head, camera, tile, draft, neck);
  }

  shade(rays, camera, tile, draft) {
    const { gpu, buffers, programs } = this, view = [0, 0, ...tile.size];
    gpu.clear(buffers.color, [0, 0, 0, 0]);
    const sources = { ...buffers.textures, ...this.light, u_noise: this.noise, u_hair_paint: this.paint, u_shadow: this.head.shadow };
    const look = { ...rays, ...this.lightUniforms };
    gpu.pass(programs.shade_head, buffers.color, view, sources, look, { mask: true, over: true });
    if (!this.hair) return;
    const box = this.screenBox(camera, tile);
    if (!box[2] || !box[3]) return;
    this.marchHair(camera, tile, box, draft);
    const program = programs[draft ? "shade_hair_draft" : "shade_hair"];
    gpu.pass(program, buffers.color, view, sources, look, { mask: true, over: true, box });
  }

  marchHair(camera, tile, box, draft) {
    const { gpu, buffers, hair } = this, step = draft ? COARSE : 1;
    const size = tile.size.map((side) => Math.ceil(side / step));
    const textures = { ...hair.textures, ...hair.moving, u_head_hit: buffers.textures.u_head_shape };
    const uniforms = { ...this.rays(camera, tile, step), ...this.neckUniforms(), ...hair.uniforms, u_hair_step: step };
    if (draft) gpu.clear(buffers.hair, [0, 0, 0, 0]);
    const options = { marks: !draft, box: draft ? coarser(box, step) : box };
    gpu.pass(hair.program, buffers.hair, [0, 0, ...size], textures, uniforms, options);
    if (draft) gpu.pass(this.programs.mark_hair, buffers.marks, [0, 0, ...tile.size], buffers.textures, {}, { marks: true, box });
  }

  resolve([width, height], bottom, count, samples) {
    const { gpu, gl, buffers } = this, [inner, outer] = this.facts.background;
    const uniforms = {
      u_samples: samples, u_picture: [width, height], u_place: [0, bottom],
      u_inner: inner, u_outer: outer, u_transparent: 0,
    };
    gpu.pass(this.programs.resolve, buffers.out, [0, 0, width, count], { u_color: buffers.lit }, uniforms);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, buffers.out.frame);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.picture.frame.frame);
    gl.blitFramebuffer(0, 0, width, count, 0, bottom, width, bottom + count, gl.COLOR_BUFFER_BIT, gl.NEAREST);
  }

  // Brings the picture to the canvas, whatever its size.
  show() {
    const gl = this.gl, [width, height] = this.picture.size;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.picture.frame.frame);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.disable(gl.SCISSOR_TEST);
    const same = width === gl.drawingBufferWidth && height === gl.drawingBufferHeight;
    gl.blitFramebuffer(0, 0, width, height, 0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight,
      gl.COLOR_BUFFER_BIT, same ? gl.NEAREST : gl.LINEAR);
  }

  // (x, y, width, height) samples of a tile that hold all hair.
  screenBox(camera, tile) {
    const whole = [0, 0, ...tile.size], { low, high } = this.hair.facts, [width, height] = tile.picture;
    if (this.face.turn) return whole;
    const wide = this.hair.follows ? this.facts.constants.jaw.furthest : 0;
    const clip = clipFromHead(camera, width / height, this.facts.constants.camera);
    let box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let corner = 0; corner < 8; corner++) {
      const at = [0, 1, 2].map((k) => ((corner >> k) & 1 ? high[k] + wide : low[k] - wide));
      const [x, y, , w] = [0, 1, 2, 3].map((i) => dot(clip.slice(4 * i, 4 * i + 3), at) + clip[4 * i + 3]);
      if (w < this.facts.constants.camera.near) return whole;
      const px = ((x / w) * 0.5 + 0.5) * width - tile.origin[0], py = ((y / w) * 0.5 + 0.5) * height - tile.origin[1];
      box = [Math.min(box[0], px), Math.min(box[1], py), Math.max(box[2], px), Math.max(box[3], py)];
    }
    const [left, bottom] = [0, 1].map((k) => clamp(Math.floor(box[k]), 0, tile.size[k]));
    const [right, top] = [0, 1].map((k) => clamp(Math.ceil(box[k + 2]), 0, tile.size[k]));
    return [left, bottom, right - left, top - bottom];
  }

  // What a tile is drawn on, of exactly this many pixels and samples.
  fit(pixels, samples, draft) {
    const kind = [...pixels, samples, draft].join(), gpu = this.gpu;
    this.kept ??= {};
    if (this.kept[draft]?.kind !== kind) {
      if (this.kept[draft]) gpu.drop(this.kept[draft].all);
      this.kept[draft] = makeBuffers(gpu, pixels, samples, draft, kind);
    }
    this.buffers = this.kept[draft];
  }

  fitPicture(size) {
    if (this.picture?.size.join() === size.join()) return;
    if (this.picture) this.gpu.drop([this.picture.frame, this.picture.texture]);
    const texture = this.gpu.texture(size, "rgba8", null, { smooth: false });
    this.picture = { size: [...size], texture, frame: this.gpu.frame([texture]) };
  }
}

function makeBuffers(gpu, pixels, samples, draft, kind) {
  const size = pixels.map((side) => side * samples), step = draft ? COARSE : 1;
  const hairSize = size.map((side) => Math.ceil(side / step));
  const whole = (layout) => gpu.texture(size, layout + gpu.whole, null, { smooth: false });
  const hairy = (layout) => gpu.texture(hairSize, layout + (draft ? gpu.filtered : gpu.whole), null, { smooth: draft });
  const reach = whole("rg"), lit = whole("rgba"), depth = gpu.depth(size);
  const textures = {
    u_head_color: whole("rgba"), u_head_shape: whole("rgba"), u_head_surface: whole("rgba"),
    u_hair_color: hairy("rgba"), u_hair_strand: hairy("rgba"), u_hair_root: hairy("rg"),
  };
  const images = Object.values(textures), paper = gpu.texture(pixels, "rgba8", null, { smooth: false });
  const frames = {
    distance: gpu.frame([reach], depth), head: gpu.frame(images.slice(0, 3), depth, { keep: true }),
    hair: gpu.frame(images.slice(3), draft ? null : depth), marks: gpu.frame([], depth),
    color: gpu.frame([lit], depth, { keep: true }), out: gpu.frame([paper]),
  };
  const all = [...Object.values(frames), ...images, reach, lit, paper, depth];
  return { kind, reach, lit, textures, all, ...frames };
}

// (x, y, width, height) texels of step x step samples that hold a box and a rim.
function coarser([x, y, width, height], step) {
  const left = Math.max(Math.floor(x / step) - 1, 0), bottom = Math.max(Math.floor(y / step) - 1, 0);
  return [left, bottom, Math.floor((x + width) / step) + 2 - left, Math.floor((y + height) / step) + 2 - bottom];
}
