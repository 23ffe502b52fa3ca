// WebGL 2 as the viewer uses it: textures, volumes, frames, and passes over whole frames.

const LAYOUTS = {
  r8: ["R8", "RED"], rgba8: ["RGBA8", "RGBA"], r16f: ["R16F", "RED"], rg16f: ["RG16F", "RG"],
  rgb16f: ["RGB16F", "RGB"], rgba16f: ["RGBA16F", "RGBA"], rg32f: ["RG32F", "RG"],
  rgba32f: ["RGBA32F", "RGBA"], rgb8: ["RGB8", "RGB"],
};

class Gpu {
  constructor(gl, shaders) {
    this.gl = gl;
    this.shaders = shaders;
    const drawn = gl.getExtension("EXT_color_buffer_float");
    if (!drawn && !gl.getExtension("EXT_color_buffer_half_float"))
      throw new Trouble("This graphics card cannot draw to floating-point textures.");
    const filtered = gl.getExtension("OES_texture_float_linear");
    this.whole = drawn ? "32f" : "16f"; // read texel by texel
    this.filtered = drawn && filtered ? "32f" : "16f"; // read between texels
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray((this.nothing = gl.createVertexArray()));
  }

  program(fragment, vertex = "whole") {
    const gl = this.gl, program = gl.createProgram();
    for (const [kind, name] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, this.shaders[name]);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    ["a_position", "a_normal", "a_uv", "a_share"].forEach((name, i) => gl.bindAttribLocation(program, i, name));
    gl.linkProgram(program);
    return { program, name: fragment, members: null };
  }

  // What a program has kept; asked for late, so that programs compile side by side.
  members(made) {
    if (made.members) return made.members;
    const gl = this.gl, program = made.program;
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
      throw new Trouble(`The shader “${made.name}” cannot be used here.`, [gl.getProgramInfoLog(program), ...logs].join("\n"));
    }
    made.members = new Map();
    const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) || 0;
    for (let i = 0; i < count; i++) {
      const { name, type } = gl.getActiveUniform(program, i);
      made.members.set(name.replace("[0]", ""), { type, place: gl.getUniformLocation(program, name) });
    }
    return made.members;
  }

  use(made, uniforms, textures) {
    const gl = this.gl, members = this.members(made);
    gl.useProgram(made.program);
    let at = 0;
    for (const [name, texture] of Object.entries(textures)) {
      const member = members.get(name);
      if (!member) continue;
      gl.activeTexture(gl.TEXTURE0 + at);
      gl.bindTexture(texture.target, texture.texture);
      gl.uniform1i(member.place, at++);
    }
    for (const [name, value] of Object.entries(uniforms)) {
      const member = members.get(name);
      if (member) this.set(member, value);
    }
  }

  set({ type, place }, value) {
    const gl = this.gl;
    const ways = {
      [gl.FLOAT]: () => gl.uniform1f(place, value),
      [gl.FLOAT_VEC2]: () => gl.uniform2fv(place, value),
      [gl.FLOAT_VEC3]: () => gl.uniform3fv(place, value),
      [gl.FLOAT_VEC4]: () => gl.uniform4fv(place, value),
      [gl.INT]: () => gl.uniform1i(place, value),
      [gl.BOOL]: () => gl.uniform1i(place, value),
      [gl.INT_VEC3]: () => gl.uniform3iv(place, value),
      [gl.FLOAT_MAT3]: () => gl.uniformMatrix3fv(place, true, value),
      [gl.FLOAT_MAT4]: () => gl.uniformMatrix4fv(place, true, value),
    };
    ways[type]();
  }

  // A texture of (width, height), or a volume of (x, y, z); it continues its border texels outwards.
  texture(size, layout, data = null, { smooth = true, repeat = false } = {}) {
    const gl = this.gl, [internal, format] = LAYOUTS[layout];
    const target = size.length === 3 ? gl.TEXTURE_3D : gl.TEXTURE_2D;
    const made = { texture: gl.createTexture(), target, size, layout };
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(target, made.texture);
    const filter = smooth ? gl.LINEAR : gl.NEAREST;
    gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, filter);
    for (const way of ["S", "T", "R"]) {
      const wrap = repeat && way === "S" || repeat === "both" ? gl.REPEAT : gl.CLAMP_TO_EDGE;
      gl.texParameteri(target, gl["TEXTURE_WRAP_" + way], wrap);
    }
    const type = this.type(data, layout);
    if (target === gl.TEXTURE_3D) gl.texImage3D(target, 0, gl[internal], ...size, 0, gl[format], type, data);
    else gl.texImage2D(target, 0, gl[internal], ...size, 0, gl[format], type, data);
    return made;
  }

  type(data, layout) {
    const gl = this.gl;
    if (data instanceof Float32Array || (!data && layout.endsWith("32f"))) return gl.FLOAT;
    return data instanceof Uint16Array || (!data && layout.endsWith("16f")) ? gl.HALF_FLOAT : gl.UNSIGNED_BYTE;
  }

  // A depth texture that compares, as shadow maps are.
  shadow(size) {
    const gl = this.gl, made = { texture: gl.createTexture(), target: gl.TEXTURE_2D, size: [size, size] };
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, made.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.DEPTH_COMPONENT24, size, size, 0, gl.DEPTH_COMPONENT, gl.UNSIGNED_INT, null);
    const set = (name, value) => gl.texParameteri(gl.TEXTURE_2D, gl["TEXTURE_" + name], gl[value]);
    for (const name of ["MIN_FILTER", "MAG_FILTER"]) set(name, "LINEAR");
    for (const name of ["WRAP_S", "WRAP_T"]) set(name, "CLAMP_TO_EDGE");
    set("COMPARE_MODE", "COMPARE_REF_TO_TEXTURE");
    set("COMPARE_FUNC", "LEQUAL");
    return made;
  }

  depth(size) {
    const gl = this.gl, made = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, made);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT24, ...size);
    return made;
  }

  frame(textures, depth = null, { keep = false } = {}) {
    const gl = this.gl, made = { frame: gl.createFramebuffer(), count: textures.length, keep, box: null };
    gl.bindFramebuffer(gl.FRAMEBUFFER, made.frame);
    textures.forEach((each, i) =>
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, each.texture, 0));
    if (depth && depth.texture)
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, depth.texture, 0);
    else if (depth) gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, depth);
    gl.drawBuffers(textures.length ? textures.map((_, i) => gl.COLOR_ATTACHMENT0 + i) : [gl.NONE]);
    made.hasDepth = Boolean(depth);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE && !gl.isContextLost())
      throw new Trouble("This graphics card cannot draw to the textures that the head needs.");
    return made;
  }

  // Makes a frame the target of what follows.
  target(made, viewport) {
    const gl = this.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, made.frame);
    gl.viewport(...viewport);
    gl.disable(gl.SCISSOR_TEST);
    gl.disable(gl.CULL_FACE);
    gl.disable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LESS);
    gl.depthMask(!made.keep);
  }

  clear(made, values) {
    const gl = this.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, made.frame);
    gl.disable(gl.SCISSOR_TEST);
    gl.depthMask(!made.keep);
    for (let i = 0; i < made.count; i++) gl.clearBufferfv(gl.COLOR, i, values);
    if (made.hasDepth) gl.clearBufferfv(gl.DEPTH, 0, [1]);
  }

  // Runs a program for each pixel of a viewport. `mask`: only where the depth buffer holds less than 1;
  // `marks`: the program writes the depth buffer; `over`: blend by premultiplied alpha.
  pass(made, frame, viewport, textures, uniforms, { mask = false, marks = false, over = false, box = null } = {}) {
    const gl = this.gl;
    this.target(frame, viewport);
    if (mask || marks) {
      gl.enable(gl.DEPTH_TEST);
      gl.depthFunc(marks ? gl.ALWAYS : gl.GREATER);
    }
    if (over) {
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    }
    if (box) {
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(...box);
    }
    this.use(made, uniforms, textures);
    gl.bindVertexArray(this.nothing);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  write(buffer, data) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  }

  // Triangles over buffers: each of `content` is [buffer, stride in bytes, [place, numbers, offset], …].
  mesh(content, triangles) {
    const gl = this.gl, array = gl.createVertexArray();
    gl.bindVertexArray(array);
    for (const [buffer, stride, ...parts] of content) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      for (const [place, numbers, offset] of parts) {
        gl.enableVertexAttribArray(place);
        gl.vertexAttribPointer(place, numbers, gl.FLOAT, false, stride, offset);
      }
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
    gl.bindVertexArray(this.nothing);
    return { array, count: triangles.length };
  }

  drawMesh(mesh, made, uniforms, textures = {}) {
    const gl = this.gl;
    gl.enable(gl.DEPTH_TEST);
    this.use(made, uniforms, textures);
    gl.bindVertexArray(mesh.array);
    gl.drawElements(gl.TRIANGLES, mesh.count, gl.UNSIGNED_SHORT, 0);
    gl.bindVertexArray(this.nothing);
  }

  drop(things) {
    const gl = this.gl;
    for (const each of things) {
      if (each.frame) gl.deleteFramebuffer(each.frame);
      else if (each.texture) gl.deleteTexture(each.texture);
      else gl.deleteRenderbuffer(each);
    }
  }
}

// Something to tell a person; `detail` is for who wants to mend it.
class Trouble extends Error {
  constructor(message, detail = "") {
    super(message);
    this.detail = detail;
  }
}
