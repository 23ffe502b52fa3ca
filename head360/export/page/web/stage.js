// What is looked at, and when it is drawn: quick drafts while something moves, everything at rest.

const REST_MS = 180; // so long after the last change the picture sharpens
const DRAFT_MS = 40; // what a draft should take
const LEAST_PIXELS = 144;

class Stage {
  constructor(canvas, facts, arrays, say) {
    Object.assign(this, { canvas, facts, arrays, say });
    this.camera = { ...facts.camera };
    this.look = {
      expression: Float32Array.from(facts.expression), pose: facts.pose.slice(),
      light: { preset: facts.light.preset, rotation_degrees: facts.light.rotation_degrees, intensity: facts.light.intensity },
    };
    this.scale = 0.5;
    this.listeners = [];
    this.begin();
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.viewer = this.task = this.fence = null;
      this.say("The graphics card was taken away. Waiting for it …");
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.begin();
      this.say("");
      this.changed();
    });
    new ResizeObserver(() => this.changed()).observe(canvas);
  }

  begin() {
    const options = { alpha: false, antialias: false, depth: false, stencil: false, preserveDrawingBuffer: true, powerPreference: "high-performance" };
    const gl = this.canvas.getContext("webgl2", options);
    if (!gl) throw new Trouble("This browser has no WebGL 2. Try a current Firefox, Chrome, Edge or Safari, and allow graphics acceleration.");
    this.viewer = new Viewer(gl, this.facts, this.arrays);
    this.fence = this.task = null;
  }

  edit(changes) {
    Object.assign(this.look, changes);
    for (const listener of this.listeners) listener(this.look);
    this.changed();
  }

  orbit(changes) {
    const camera = { ...this.camera, ...changes }, limit = this.facts.constants.camera.pitch;
    camera.pitch_degrees = clamp(camera.pitch_degrees, -limit, limit);
    camera.distance = clamp(camera.distance, 0.35, 4);
    this.camera = camera;
    this.changed();
  }

  changed() {
    this.dirty = true;
    this.task = null;
    this.moved = performance.now();
    delete document.documentElement.dataset.complete;
    this.wake();
  }

  wake() {
    if (this.awake) return;
    this.awake = true;
    requestAnimationFrame(() => {
      this.awake = false;
      this.tick();
    });
  }

  tick() {
    if (!this.viewer || this.viewer.gl.isContextLost()) return;
    try {
      this.step();
    } catch (error) {
      this.viewer = null;
      this.say(error.message);
      console.error(error, error.detail ?? "");
    }
  }

  step() {
    if (this.waiting()) return this.wake();
    const resting = performance.now() - this.moved > REST_MS;
    if (this.dirty) {
      this.dirty = false;
      this.sharp = false;
      this.draft();
    } else if (!this.sharp && resting) this.sharpen();
    if (this.dirty || !this.sharp || this.fence) this.wake();
  }

  draft() {
    const size = this.pixels(this.scale);
    this.started = performance.now();
    for (const _ of this.viewer.draw(this.look, this.camera, size, { draft: true }));
    this.viewer.show();
    this.timed = true;
    this.mark();
    this.say("");
  }

  // One tile of the complete picture.
  sharpen() {
    this.task ??= this.viewer.draw(this.look, this.camera, this.pixels(1));
    const { done } = this.task.next();
    if (done) {
      this.viewer.show();
      this.task = null;
      this.sharp = true;
    }
    this.mark();
  }

  // (width, height) of the canvas in device pixels, or a share of it for drafts.
  pixels(scale) {
    const { canvas } = this, density = Math.min(window.devicePixelRatio || 1, 2);
    const whole = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.max(1, Math.round(side * density)));
    if (canvas.width !== whole[0] || canvas.height !== whole[1]) [canvas.width, canvas.height] = whole;
    const share = Math.min(1, Math.max(scale, LEAST_PIXELS / Math.min(...whole)));
    return whole.map((side) => Math.max(1, Math.round(side * share)));
  }

  mark() {
    const gl = this.viewer.gl;
    this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  // Whether the graphics card is still at work; measures drafts.
  waiting() {
    if (!this.fence) return false;
    const gl = this.viewer.gl;
    const state = gl.clientWaitSync(this.fence, 0, 0);
    if (state === gl.TIMEOUT_EXPIRED) return true;
    gl.deleteSync(this.fence);
    this.fence = null;
    if (this.timed) this.adapt(performance.now() - this.started);
    this.timed = false;
    document.documentElement.dataset.firstMs ??= Math.round(performance.now());
    if (this.sharp) document.documentElement.dataset.complete ??= Math.round(performance.now());
    return false;
  }

  // Chooses the next draft's scale from how long this one took.
  adapt(milliseconds) {
    const wanted = Math.sqrt(DRAFT_MS / Math.max(milliseconds, 1));
    if (wanted > 0.85 && wanted < 1.2) return; // small changes would only make the picture swim
    this.scale = clamp(this.scale * clamp(wanted, 1 / 1.4, 1.4), 0.1, 1);
  }
}
