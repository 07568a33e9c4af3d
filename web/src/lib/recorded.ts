// What is known of the recording of a call in progress.
import type { CallRow, LiveCall, RecordingBrief } from './types';

// News of a call may come without its recording: then what was known before still holds, and
// the events of the call say whether one has begun.
export function withRecording<T extends CallRow & Partial<LiveCall>>(
  call: T,
  known: RecordingBrief | null | undefined,
): T {
  if (call.recording) return call;
  if (known) return { ...call, recording: known };
  let begun = false;
  for (const { kind } of call.events ?? []) {
    if (kind === 'recording_started') begun = true;
    if (kind === 'recording_ended' || kind === 'recording_missing') begun = false;
  }
  if (!begun) return call;
  return { ...call, recording: { state: 'recording', reason: '', seconds: null, cut: false } };
}

// News of the recording of a call in progress. The store knows neither pauses nor announcements,
// so what the call itself said last stands, unless the audio turns out to be missing.
export function withNews(known: RecordingBrief | null, news: RecordingBrief): RecordingBrief {
  const saidByCall = known?.since !== undefined;
  return saidByCall && news.since === undefined && news.state !== 'missing' ? known : news;
}

// Calls in progress that are being talked on and that the rules want recorded.
export function dueNow(calls: LiveCall[]): LiveCall[] {
  return calls.filter((call) => {
    const state = call.recording?.state;
    return !!call.answered_at && (state === 'recording' || state === 'missing');
  });
}

export function pausedNow(calls: LiveCall[]): LiveCall[] {
  return calls.filter((call) => call.recording?.state === 'paused');
}
