// The sound of a performance. Its clock leads while it is heard: ears notice a gap sooner than eyes.

class Sound {
  constructor(bytes, duration) {
    Object.assign(this, { bytes, duration, source: null, muted: false });
  }

  // Begins at a time, as soon as the browser lets it; at once if it was heard before.
  async start(time, loop) {
    this.stop();
    const wish = (this.wish = { time, loop, asked: performance.now() });
    this.context ??= new AudioContext();
    this.volume ??= this.context.createGain();
    this.volume.connect(this.context.destination);
    this.mute(this.muted);
    this.buffer ??= await this.context.decodeAudioData(this.bytes.slice().buffer);
    await this.context.resume();
    if (this.wish !== wish) return; // it was stopped, or sent elsewhere, meanwhile
    const late = (performance.now() - wish.asked) / 1000;
    this.begin(loop ? (time + late) % this.duration : time + late, loop);
  }

  begin(time, loop) {
    const source = (this.source = this.context.createBufferSource());
    Object.assign(source, { buffer: this.buffer, loop, loopStart: 0, loopEnd: this.duration });
    source.connect(this.volume);
    source.start(0, time);
    this.zero = this.context.currentTime - time;
  }

  stop() {
    this.wish = null;
    this.source?.stop();
    this.source = null;
  }

  mute(muted) {
    this.muted = muted;
    if (this.volume) this.volume.gain.value = muted ? 0 : 1;
  }

  // Seconds from the start of the performance, past its end too; null: nothing is heard yet.
  get time() {
    if (!this.source || this.context.state !== "running") return null;
    return this.context.currentTime - this.zero - (this.context.outputLatency || 0);
  }
}
