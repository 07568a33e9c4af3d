// What is known of the recording of a call in progress.
import type { CallRow, LiveCall, RecordingBrief } from './types';

// News of a call may come without its recording: then what was known before still holds, and
// the events of the call say whether one has begun.
export function withRecording<T extends CallRow & Partial<LiveCall>>(
  call: T,
  known: RecordingBrief | null | undefined,
): T {
  // Before anybody answers nothing is decided: that is not "off".
  if (call.recording?.since === null) return { ...call, recording: null };
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

// "1 paused, 2 not to be recorded": the calls that are talked on and not being recorded now.
export function otherwise(calls: LiveCall[]): string {
  const talking = calls.filter((call) => call.answered_at);
  const of = (state: string) => talking.filter((call) => call.recording?.state === state).length;
  const counts: [number, string][] = [
    [of('paused'), 'paused'],
    [of('announcing'), 'being announced'],
    [of('off'), 'off'],
  ];
  const known = counts.reduce((sum, [count]) => sum + count, dueNow(calls).length);
  const never = talking.length - known;
  const parts = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  if (never || !parts.length) parts.push(`${never} not to be recorded`);
  return parts.join(', ');
}
