// The waveform as numbers: how loud a stretch is, and where nobody speaks.
import type { Waveform } from '../lib/types';
import type { Span } from './lanes';

const QUIET = 0.06; // of the loudest moment
const SHORTEST = 1.5; // seconds; a shorter pause is part of speech
const KEPT = 0.3; // seconds left standing at each end of a silence

export type Channel = 'left' | 'right';

export function loudest(wave: Waveform): number {
  let top = 24; // so that a silent call does not show its noise as speech
  for (const value of wave.left) top = Math.max(top, value);
  for (const value of wave.right) top = Math.max(top, value);
  return top;
}

// The loudest moment between two times, 0 to 1.
export function level(wave: Waveform, channel: Channel, from: number, to: number, top: number) {
  const points = wave[channel];
  const perSecond = wave.points / Math.max(wave.seconds, 0.001);
  const first = Math.max(0, Math.floor(from * perSecond));
  const last = Math.min(points.length - 1, Math.max(first, Math.ceil(to * perSecond) - 1));
  let peak = 0;
  for (let i = first; i <= last; i++) peak = Math.max(peak, points[i] ?? 0);
  return peak / top;
}

export function silences(wave: Waveform): Span[] {
  const limit = loudest(wave) * QUIET;
  const perPoint = wave.seconds / Math.max(1, wave.points);
  const found: Span[] = [];
  let start = -1;
  for (let i = 0; i <= wave.points; i++) {
    const loud = i === wave.points || Math.max(wave.left[i] ?? 0, wave.right[i] ?? 0) > limit;
    if (!loud && start < 0) start = i;
    if (loud && start >= 0) {
      const span = { from: start * perPoint + KEPT, to: i * perPoint - KEPT };
      if ((i - start) * perPoint >= SHORTEST) found.push(span);
      start = -1;
    }
  }
  return found;
}

export function total(spans: Span[]): number {
  return spans.reduce((sum, span) => sum + span.to - span.from, 0);
}
