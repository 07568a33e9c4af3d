// Listening to one call in progress: the box streams it while somebody listens, and writes down
// who did. One call at a time, whatever page is open.
import * as api from './api';

interface Now {
  call: string;
  names: string;
  since: number;
}

let now = $state.raw<Now | null>(null);
let state = $state<'joining' | 'heard'>('joining');
let failed = $state('');
let audio: HTMLAudioElement | null = null;

export const listening = {
  get now() {
    return now;
  },
  get joining() {
    return state === 'joining';
  },
  get failed() {
    return failed;
  },
};

// A stream that cannot be opened says nothing but "error", so the box is asked for its reason.
async function reason(call: string): Promise<string> {
  try {
    await api.live.mayListen(call);
    return 'This browser could not play the stream.';
  } catch (error) {
    if (!(error instanceof api.ApiError)) return 'The answer of the box could not be read.';
    if (error.status === 404) return 'This box cannot let anybody listen to this call.';
    if (error.status === 403) return 'Your account does not have the permission.';
    return error.detail || error.title;
  }
}

function release(): void {
  audio?.pause();
  audio?.removeAttribute('src');
  audio?.load();
  audio = null;
  now = null;
}

export function stopListening(): void {
  release();
  failed = '';
}

export function listen(call: string, names: string): void {
  stopListening();
  state = 'joining';
  now = { call, names, since: Date.now() };
  const mine = new Audio(api.live.audio(call));
  audio = mine;
  mine.addEventListener('playing', () => (state = 'heard'));
  mine.addEventListener('ended', () => audio === mine && release());
  mine.addEventListener('error', () => {
    if (audio !== mine) return;
    const heard = state === 'heard';
    release();
    // After the call has ended there is nothing more to hear, and nothing wrong.
    if (!heard) void reason(call).then((text) => (failed = text));
  });
  void mine.play().catch(() => {}); // the element's error event says why
}
