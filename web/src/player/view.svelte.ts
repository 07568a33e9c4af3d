// The stretch of the call that the lanes show: zoomed, dragged, and following the playhead.
import type { Span } from './lanes';

const STEPS = [10, 20, 30, 60, 120, 270, 600, 1200, 1800, 3600, 7200];
const FIRST = 270;
const FIRST_NARROW = 60;

export class View {
  #from = $state(0);
  #width = $state(0);
  readonly length: number;

  constructor(length: number, narrow: boolean) {
    this.length = Math.max(length, 1);
    this.#width = Math.min(this.length, narrow ? FIRST_NARROW : FIRST);
  }

  get span(): Span {
    return { from: this.#from, to: this.#from + this.#width };
  }
  get width(): number {
    return this.#width;
  }
  get whole(): boolean {
    return this.#width >= this.length;
  }
  get closest(): boolean {
    return this.#width <= (STEPS[0] ?? 0);
  }

  #place(from: number): void {
    this.#from = Math.max(0, Math.min(this.length - this.#width, from));
  }

  center(time: number): void {
    this.#place(time - this.#width / 2);
  }

  // Turns the page when the playhead leaves what is shown.
  keep(time: number): void {
    if (time >= this.#from && time <= this.#from + this.#width) return;
    this.#place(time - this.#width * 0.1);
  }

  zoom(direction: 'in' | 'out', around: number): void {
    const smaller = STEPS.filter((step) => step < this.#width);
    const larger = STEPS.find((step) => step > this.#width) ?? this.length;
    const next = direction === 'in' ? (smaller.at(-1) ?? this.#width) : larger;
    const share = Math.max(0, Math.min(1, (around - this.#from) / this.#width));
    this.#width = Math.min(this.length, next);
    this.#place(around - share * this.#width);
  }

  // Times for the ruler, about nine of them.
  ticks(wanted: number): number[] {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const step = steps.find((one) => this.#width / one <= wanted) ?? 7200;
    const first = Math.ceil(this.#from / step) * step;
    const out = [];
    for (let t = first; t <= this.#from + this.#width + 0.001; t += step) out.push(t);
    return out;
  }
}
