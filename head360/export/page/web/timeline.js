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
    this.scrub.addEventListener("input", () => this.jump(Number(this.scrub.value)));
    this.clock = element("output", {});
    this.repeat = element("button", { type: "button", textContent: "Loop", onclick: () => this.toggleLoop() });
    this.repeat.setAttribute("aria-pressed", "true");
    bar.append(this.button, this.scrub, this.clock, this.repeat);
    if (arrays.take_sound) bar.append(this.muteButton());
    this.show();
  }

  muteButton() {
    this.sound = new Sound(this.arrays.take_sound, this.duration);
    const button = element("button", { type: "button", textContent: "Mute" });
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      this.sound?.mute(!this.sound.muted);
      button.setAttribute("aria-pressed", String(Boolean(this.sound?.muted)));
    });
    return button;
  }

  toggle() {
    this.playing = !this.playing;
    if (this.playing && this.time >= this.duration) this.time = 0;
    this.last = performance.now();
    this.listen();
    this.show();
    if (this.playing) requestAnimationFrame(() => this.advance());
  }

  toggleLoop() {
    this.loop = !this.loop;
    this.listen();
    this.repeat.setAttribute("aria-pressed", String(this.loop));
  }

  jump(time) {
    this.seek(time);
    this.listen();
  }

  // Lets the sound run from here if the picture does; without it the picture runs all the same.
  listen() {
    if (this.playing) this.sound?.start(this.time, this.loop).catch(() => { this.sound = null; });
    else this.sound?.stop();
  }

  advance() {
    if (!this.playing) return;
    const now = performance.now();
    this.time = this.sound?.time ?? this.time + (now - this.last) / 1000;
    this.last = now;
    if (this.time > this.duration) {
      this.time = this.loop ? this.time % Math.max(this.duration, 0.001) : this.duration;
      this.playing = this.loop;
      if (!this.playing) this.sound?.stop();
    }
    this.seek(this.time);
    if (this.playing) requestAnimationFrame(() => this.advance());
  }

  seek(time) {
    this.time = time;
    this.stage.edit(this.at(time));
    this.show();
  }

  // How many moments are not later than a time.
  past(time) {
    let low = 0, high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The face at a time; between two moments values run straight.
  at(time) {
    const { weight, pose } = this.facts.constants.steps, times = this.times;
    const after = this.past(time);
    const low = Math.max(after - 1, 0), high = Math.min(after, times.length - 1);
    const span = times[high] - times[low], share = span > 0 ? (time - times[low]) / span : 0;
    const between = (values, width, step) => Float32Array.from({ length: width }, (_, i) =>
      mix(values[times.length * i + low], values[times.length * i + high], share) * step);
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
