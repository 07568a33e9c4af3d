import type { LiveCall } from './types';

// Calls in progress that are being talked on and that the rules want recorded.
export function dueNow(calls: LiveCall[]): LiveCall[] {
  return calls.filter((call) => {
    const state = call.recording?.state;
    return !!call.answered_at && (state === 'recording' || state === 'missing');
  });
}
