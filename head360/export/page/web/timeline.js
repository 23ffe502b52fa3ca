// Plays a recorded performance.

class Timeline {
  constructor(stage, facts, arrays) {
    Object.assign(this, { stage, facts, arrays, playing: false, loop: true, time: 0 });
    this.times = arrays.take_times;
    this.duration = this.times.at(-1);
    const bar = document.getElementById("timeline");
    bar.hidden = false;
    this.button = element("button", { type: "button", onclick: () => this.toggle() });
    this.scrub = element("input", { type: "range", min: 0, max: this.duration, step: 0.01, value: 0, label: "Time in the performance" });
    this.scrub.addEventListener("input", () => this.seek(Number(this.scrub.value)));
    this.clock = element("output", {});
    this.repeat = element("button", { type: "button", textContent: "Loop", onclick: () => this.toggleLoop() });
    this.repeat.setAttribute("aria-pressed", "true");
    bar.append(this.button, this.scrub, this.clock, this.repeat);
    this.show();
  }

  toggle() {
    this.playing = !this.playing;
    if (this.playing && this.time >= this.duration) this.time = 0;
    this.last = performance.now();
    this.show();
    if (this.playing) requestAnimationFrame(() => this.advance());
  }

  toggleLoop() {
    this.loop = !this.loop;
    this.repeat.setAttribute("aria-pressed", String(this.loop));
  }

  advance() {
    if (!this.playing) return;
    const now = performance.now();
    this.time += (now - this.last) / 1000;
    this.last = now;
    if (this.time > this.duration) {
      this.time = this.loop ? this.time % Math.max(this.duration, 0.001) : this.duration;
      this.playing = this.loop;
    }
    this.seek(this.time);
    if (this.playing) requestAnimationFrame(() => this.advance());
  }

  seek(time) {
    this.time = time;
    this.stage.edit(this.at(time));
    this.show();
  }

  // The face at a time; between two moments values run straight.
  at(time) {
    const { weight, pose } = this.facts.constants.steps, times = this.times;
    let after = 0;
    while (after < times.length && times[after] <= time) after++;
    const low = Math.max(after - 1, 0), high = Math.min(after, times.length - 1);
    const span = times[high] - times[low], share = span > 0 ? (time - times[low]) / span : 0;
    const between = (values, width, step) => Float32Array.from({ length: width }, (_, i) =>
      mix(values[width * low + i], values[width * high + i], share) * step);
    return {
      expression: between(this.arrays.take_weights, 52, weight),
      pose: Array.from(between(this.arrays.take_pose, 3, pose)),
    };
  }

  show() {
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.scrub.value = this.time;
    this.clock.textContent = `${this.time.toFixed(1)} / ${this.duration.toFixed(1)} s`;
  }
}
