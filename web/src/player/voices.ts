// Both voices, or one of them in both ears. The audio graph is made only when somebody asks for
// one voice: until then the browser plays the file as it is.

export type Voices = 'both' | 'left' | 'right';

export class VoiceSwitch {
  #context: AudioContext | null = null;
  // Gain of each channel into each ear: left→left, right→right, left→right, right→left.
  #gains: GainNode[] = [];

  set(audio: HTMLAudioElement, voices: Voices): boolean {
    if (!this.#context) {
      if (voices === 'both') return true;
      if (!this.#build(audio)) return false;
    }
    const left = voices === 'right' ? 0 : 1;
    const right = voices === 'left' ? 0 : 1;
    const across = voices === 'both' ? 0 : 1;
    const values = [left, right, left * across, right * across];
    this.#gains.forEach((gain, i) => (gain.gain.value = values[i] ?? 0));
    void this.#context?.resume();
    return true;
  }

  #build(audio: HTMLAudioElement): boolean {
    if (typeof AudioContext === 'undefined') return false;
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(2);
    const merger = context.createChannelMerger(2);
    const routes: [number, number][] = [
      [0, 0],
      [1, 1],
      [0, 1],
      [1, 0],
    ];
    for (const [channel, ear] of routes) {
      const gain = context.createGain();
      splitter.connect(gain, channel);
      gain.connect(merger, 0, ear);
      this.#gains.push(gain);
    }
    context.createMediaElementSource(audio).connect(splitter);
    merger.connect(context.destination);
    this.#context = context;
    return true;
  }

  close(): void {
    void this.#context?.close();
    this.#context = null;
    this.#gains = [];
  }
}
