// Plays one recording: position, speed, voices, skipping of silence.
import * as api from '../lib/api';
import type { Waveform } from '../lib/types';
import { silences, total } from './wave';
import { VoiceSwitch, type Voices } from './voices';

export const SPEEDS = [1, 1.25, 1.5, 2];
const MAX_POINTS = 4000;

export class Player {
  at = $state(0);
  playing = $state(false);
  speed = $state(1);
  voices = $state<Voices>('both');
  skipSilence = $state(false);
  wave = $state.raw<Waveform | null>(null);
  failed = $state(''); // why it cannot be played
  forbidden = $state(false);
  oneVoice = $state(true); // whether this browser can play one voice alone
  readonly audio = new Audio();
  readonly length: number;

  #silences = $derived(this.wave ? silences(this.wave) : []);
  saves = $derived(total(this.#silences));
  #switch = new VoiceSwitch();
  #frame = 0;
  #stop = new AbortController();

  constructor(call: string, seconds: number) {
    this.length = seconds;
    this.audio.preload = 'none';
    this.audio.src = api.calls.audio(call);
    const heard = { signal: this.#stop.signal };
    this.audio.addEventListener('play', () => this.#started(), heard);
    this.audio.addEventListener('pause', () => (this.playing = false), heard);
    this.audio.addEventListener('ended', () => this.#ended(), heard);
    this.audio.addEventListener('timeupdate', () => this.#tick(), heard);
    this.audio.addEventListener('error', () => this.#broken(), heard);
    void this.#loadWave(call);
  }

  async #loadWave(call: string): Promise<void> {
    const points = Math.max(50, Math.min(MAX_POINTS, Math.ceil(this.length * 25)));
    try {
      this.wave = await api.calls.waveform(call, points, this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.forbidden = error instanceof api.ApiError && error.status === 403;
      this.failed = error instanceof api.ApiError ? error.detail || error.title : '';
    }
  }

  toggle(): void {
    if (this.playing) this.audio.pause();
    else void this.audio.play().catch(() => {}); // the element's error event says why
  }

  seek(to: number): void {
    this.at = Math.max(0, Math.min(this.length, to));
    // Before anything is loaded this is where playing will begin.
    this.audio.currentTime = this.at;
  }

  skip(by: number): void {
    this.seek(this.at + by);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.audio.playbackRate = speed;
  }

  changeSpeed(by: 1 | -1): void {
    const next = SPEEDS[SPEEDS.indexOf(this.speed) + by];
    if (next) this.setSpeed(next);
  }

  setVoices(voices: Voices): void {
    this.oneVoice = this.#switch.set(this.audio, voices);
    if (this.oneVoice) this.voices = voices;
  }

  #started(): void {
    this.playing = true;
    this.failed = '';
    this.audio.playbackRate = this.speed;
    const follow = () => {
      if (!this.playing) return;
      this.#tick();
      this.#frame = requestAnimationFrame(follow);
    };
    this.#frame = requestAnimationFrame(follow);
  }

  #ended(): void {
    this.playing = false;
    this.at = this.length;
  }

  #tick(): void {
    const now = this.audio.currentTime;
    if (!this.audio.seeking) this.at = Math.min(now, this.length);
    if (!this.skipSilence || !this.playing || this.audio.seeking) return;
    const quiet = this.#silences.find((span) => now >= span.from && now < span.to - 0.1);
    if (quiet) this.audio.currentTime = quiet.to;
  }

  #broken(): void {
    this.playing = false;
    const unsupported = this.audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    this.failed = unsupported
      ? 'The audio could not be opened. If this browser cannot play Ogg, download it as WAV.'
      : 'The audio broke off. Press play to try again.';
  }

  close(): void {
    this.#stop.abort();
    cancelAnimationFrame(this.#frame);
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
    this.#switch.close();
  }
}
