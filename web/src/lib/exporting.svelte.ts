// One bulk export at a time: asked for here, fetched by the browser's own download, followed by
// asking the box how far it is. It goes on when the dialog is closed.
import * as api from './api';
import type { AudioChoice, ExportState } from './types';

const EVERY_MS = 1000;

let state = $state.raw<ExportState | null>(null);
let failed = $state.raw<unknown>(null);
let seconds = $state(0);
let watched = $state(false);
let timer: ReturnType<typeof setTimeout> | undefined;

export const exporting = {
  get state() {
    return state;
  },
  get failed() {
    return failed;
  },
  get seconds() {
    return seconds; // of audio, in all the calls together
  },
  // Whether its dialog is open.
  get watched() {
    return watched;
  },
  get running() {
    return state?.state === 'ready' || state?.state === 'running';
  },
};

async function follow(id: string): Promise<void> {
  try {
    state = await api.bulk.read(id);
    failed = null;
  } catch (error) {
    // The archive may still be on its way; only an export that is gone ends the asking.
    if (error instanceof api.ApiError && error.status === 404) {
      failed = error;
      return;
    }
  }
  if (state?.id === id && exporting.running) timer = setTimeout(() => void follow(id), EVERY_MS);
}

// Asks for the export; the caller opens the answered address, which starts the download.
export async function beginExport(query: URLSearchParams, choice: AudioChoice): Promise<string> {
  clearTimeout(timer);
  const made = await api.bulk.begin(query, choice);
  seconds = made.seconds;
  failed = null;
  state = { id: made.id, state: 'ready', done: 0, calls: made.calls, bytes: 0, text: '' };
  timer = setTimeout(() => void follow(made.id), EVERY_MS);
  return api.bulk.archive(made.id);
}

export function watchExport(on: boolean): void {
  watched = on;
}

export function forgetExport(): void {
  clearTimeout(timer);
  state = null;
  failed = null;
}
