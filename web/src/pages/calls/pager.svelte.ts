// Older and Newer: remembers the cursors on the way down, so that Newer leads back up.

export class Pager {
  #way = $state.raw<string[]>(['']);

  // How many pages lie above this one; null when the address led here from elsewhere.
  depth(cursor: string): number | null {
    const at = this.#way.indexOf(cursor);
    return at < 0 ? null : at;
  }

  older(cursor: string, next: string): string {
    const depth = this.depth(cursor);
    this.#way = depth === null ? [''] : [...this.#way.slice(0, depth + 1), next];
    return next;
  }

  newer(cursor: string): string {
    const depth = this.depth(cursor);
    return depth ? (this.#way[depth - 1] ?? '') : '';
  }
}
