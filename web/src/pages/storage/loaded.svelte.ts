// One answer of the box: not yet, here, failed, or not offered by this box at all.
import { ApiError } from '../../lib/api';

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  absent = $state(false);
  readonly #read: () => Promise<T>;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  async load(): Promise<void> {
    try {
      this.value = await this.#read();
      this.error = null;
      this.absent = false;
    } catch (failure) {
      this.absent = failure instanceof ApiError && failure.status === 404;
      // What was known a minute ago is better than a failure in its place.
      if (!this.absent && !this.value) this.error = failure;
    }
  }
}
