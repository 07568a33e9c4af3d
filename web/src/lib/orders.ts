// What can be done to the recording of a call in progress.
import type { LiveCall } from './types';

export interface Order {
  state: 'recording' | 'paused' | 'off';
  word: string; // on the button of a table
  long: string;
}

const PAUSE: Order = { state: 'paused', word: 'Pause', long: 'Pause recording' };
const RESUME: Order = { state: 'recording', word: 'Resume', long: 'Resume recording' };
const START: Order = { state: 'recording', word: 'Start', long: 'Start recording' };
const STOP: Order = { state: 'off', word: 'Stop', long: 'Stop recording' };

export function orders(call: LiveCall): Order[] {
  if (!call.answered_at || call.ended_at) return [];
  const stop = call.recording?.can_stop === false ? [] : [STOP];
  switch (call.recording?.state) {
    case 'recording':
      return [PAUSE, ...stop];
    case 'paused':
      return [RESUME, ...stop];
    case 'off':
      return [START];
    default:
      return []; // never, opted out, being announced, or not known
  }
}

// One may listen to any call that is talked on, but to none that must never be recorded.
export function mayBeHeard(call: LiveCall): boolean {
  return !!call.answered_at && !call.ended_at && call.recording?.state !== 'never';
}
