// One call in a sentence.
import { duration, secondsBetween, spoken } from './format';
import { farParty, sameParty, who, withNumber } from './party';
import { callLength, outcomeState } from './words';
import type { CallDetails } from './types';

export function ringSeconds(call: CallDetails): number | null {
  const until = call.answered_at ?? call.ended_at;
  return until ? Math.round(secondsBetween(call.started_at, until)) : null;
}

// "Answered by Jonas Feld after 14 s, put through to Mara Lind · 6:48"
export function summary(call: CallDetails, now: number): string {
  const length = callLength(call, now);
  const tail = length && !length.ringing ? ` · ${length.text}` : '';
  if (call.answered_at) {
    const by = who(farParty(call)).name;
    return `Answered by ${by} after ${spoken(ringSeconds(call) ?? 0)}${tail}`;
  }
  const { word } = outcomeState(call);
  if (!call.ended_at) return `${word} for ${duration(secondsBetween(call.started_at, now))}`;
  const rang = call.legs.some((leg) => !leg.caller && leg.ringing_at);
  return rang ? `${word} after ${spoken(ringSeconds(call) ?? 0)} of ringing` : word;
}

// "Hartwig Lagertechnik, 030 23125 418 · to 030 23125 100, answered by Jonas Feld (24)"
export function route(call: CallDetails): string {
  const parts = [`From ${withNumber(call.from)}`, `to ${withNumber(call.to)}`];
  const by = call.answered_by;
  if (by && !sameParty(by, call.to)) parts.push(`answered by ${withNumber(by)}`);
  return parts.join(', ');
}
