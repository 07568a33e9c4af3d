// How a leg sounded, from what was measured: a word, and the figures it rests on.
import { percent } from './format';
import type { Leg } from './types';
import type { State } from './words';

const CODECS: Record<string, string> = {
  PCMU: 'G.711',
  PCMA: 'G.711',
  G722: 'G.722, wide band',
  opus: 'Opus, wide band',
};

export function soundState(leg: Leg): State {
  const { quality } = leg;
  if (quality.packets_received === 0) return { word: 'Nothing came in', mark: 'bad' };
  const lost = Math.max(quality.loss_percent, quality.remote_loss_percent);
  if (lost >= 5 || quality.jitter_ms >= 80) return { word: 'Bad', mark: 'bad' };
  if (lost >= 1 || quality.jitter_ms >= 30) return { word: 'Rough', mark: 'warn' };
  return { word: 'Good', mark: 'ok' };
}

export function soundFacts(leg: Leg): string {
  const { quality } = leg;
  const facts = [];
  if (leg.party.trunk) facts.push(`trunk “${leg.party.trunk}”`);
  if (leg.codec) facts.push(CODECS[leg.codec] ?? leg.codec);
  if (quality.packets_received > 0) {
    const lost =
      quality.packets_lost === 0 ? 'nothing lost' : `${percent(quality.loss_percent)} lost`;
    facts.push(lost, `jitter ${quality.jitter_ms.toFixed(0)}\u00a0ms`);
  }
  if (quality.remote_loss_percent > 0) {
    facts.push(`${percent(quality.remote_loss_percent)} lost on the way there`);
  }
  if (quality.round_trip_ms !== null) {
    facts.push(`${quality.round_trip_ms.toFixed(0)}\u00a0ms there and back`);
  }
  return facts.join(', ');
}
