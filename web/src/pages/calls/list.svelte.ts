// The rows of the calls page: loads a page, keeps it current, and holds new calls back while
// they would move the row under the pointer.
import * as api from '../../lib/api';
import { on } from '../../lib/live';
import { withRecording } from '../../lib/recorded';
import type { CallRow, RecordingBrief } from '../../lib/types';
import { admits, apiQuery, type Filters } from './filters';

export class CallList {
  rows = $state.raw<CallRow[]>([]);
  waiting = $state.raw<CallRow[]>([]); // new calls, not shown yet
  next = $state<string | null>(null);
  error = $state.raw<unknown>(null);
  loaded = $state(false);
  slow = $state(false); // the old list has stood for 200 ms
  filters: Filters | null = null;
  // Whether rows may be put in at the top right now.
  calm: () => boolean = () => true;

  #request: AbortController | null = null;

  async load(filters: Filters): Promise<void> {
    this.filters = filters;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const slow = setTimeout(() => (this.slow = true), 200);
    try {
      const page = await api.calls.list(apiQuery(filters), request.signal);
      this.rows = page.calls;
      this.next = page.next_cursor;
      this.waiting = [];
      this.error = null;
      this.loaded = true;
    } catch (failure) {
      if (!request.signal.aborted) this.error = failure;
    } finally {
      clearTimeout(slow);
      if (this.#request === request) this.slow = false;
    }
  }

  again(): void {
    if (this.filters) void this.load(this.filters);
  }

  showWaiting(): void {
    if (!this.waiting.length) return;
    const newestFirst = (a: CallRow, b: CallRow) => (a.started_at < b.started_at ? 1 : -1);
    this.rows = [...this.waiting, ...this.rows].sort(newestFirst);
    this.waiting = [];
  }

  #take(call: CallRow): void {
    const replace = (row: CallRow) =>
      row.id === call.id ? withRecording(call, row.recording) : row;
    if (this.rows.some((row) => row.id === call.id)) this.rows = this.rows.map(replace);
    else if (this.waiting.some((row) => row.id === call.id)) {
      this.waiting = this.waiting.map(replace);
    } else if (
      this.loaded &&
      this.filters &&
      admits(this.filters, call) &&
      this.#onThisPage(call)
    ) {
      this.waiting = [withRecording(call, null), ...this.waiting];
      if (this.calm()) this.showWaiting();
    }
  }

  // Older calls than the last row belong to a later page.
  #onThisPage(call: CallRow): boolean {
    const last = this.rows.at(-1);
    return !last || !this.next || call.started_at >= last.started_at;
  }

  #takeRecording(id: string, recording: RecordingBrief): void {
    const change = (row: CallRow) => (row.id === id ? { ...row, recording } : row);
    this.rows = this.rows.map(change);
    this.waiting = this.waiting.map(change);
  }

  follow(): () => void {
    const offs = [
      on('call', (data) => this.#take(data as CallRow)),
      on('recording', (data) => {
        const { call, recording } = data as { call: string; recording: RecordingBrief };
        this.#takeRecording(call, recording);
      }),
      // After a break the stream cannot say what happened meanwhile.
      on('hello', () => this.again()),
    ];
    return () => {
      for (const off of offs) off();
      this.#request?.abort();
    };
  }
}
