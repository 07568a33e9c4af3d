// One call with everything about it, loaded again when the box says that it changed.
import * as api from './api';
import { on } from './live';
import type { CallDetails } from './types';

export class Details {
  call = $state.raw<CallDetails | null>(null);
  error = $state.raw<unknown>(null);
  slow = $state(false); // 200 ms have passed
  readonly id: string;

  #stop = new AbortController();
  #again: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #stale = false; // it changed while it was being read

  constructor(id: string) {
    this.id = id;
    setTimeout(() => (this.slow = true), 200);
    void this.load();
  }

  async load(): Promise<void> {
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    this.#stale = false;
    try {
      this.call = await api.calls.read(this.id, this.#stop.signal);
      this.error = null;
    } catch (error) {
      if (!this.#stop.signal.aborted && !this.call) this.error = error;
    } finally {
      this.#busy = false;
      if (this.#stale) this.#soon();
    }
  }

  // The row in the store may follow the event by a moment.
  #soon(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.load(), 250);
  }

  follow(): () => void {
    const mine = (data: unknown, key: 'id' | 'call') => {
      if ((data as Record<string, unknown>)[key] === this.id) this.#soon();
    };
    const offs = [
      on('call', (data) => mine(data, 'id')),
      on('recording', (data) => mine(data, 'call')),
    ];
    return () => {
      for (const off of offs) off();
      clearTimeout(this.#again);
      this.#stop.abort();
    };
  }
}
