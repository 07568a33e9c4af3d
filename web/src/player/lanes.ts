// Which voice is in which channel, and what lies behind the waves: holds and transfers.
import { duration } from '../lib/format';
import { farParty, sameParty, who, withNumber } from '../lib/party';
import type { CallDetails, CallEvent, Party } from '../lib/types';

export interface Lane {
  channel: 'left' | 'right';
  colour: 'out' | 'in';
  name: string;
  note: string; // second line of the label
  voice: string; // word on the Voices switch
}

function lane(channel: Lane['channel'], colour: Lane['colour'], party: Party): Lane {
  const note = colour === 'out' ? 'outside' : who(party).number;
  const voice = colour === 'out' ? 'Outside' : 'Inside';
  return { channel, colour, name: who(party).name, note, voice };
}

// Top lane first: outside above, inside below. The caller is left, whoever answered right.
export function lanes(call: CallDetails): [Lane, Lane] {
  const caller = lane('left', call.direction === 'inbound' ? 'out' : 'in', call.from);
  const called = lane('right', call.direction === 'outbound' ? 'out' : 'in', farParty(call));
  const passedOn = thenWhom(call);
  if (passedOn) called.note = `then ${passedOn}`;
  if (call.direction === 'internal') {
    caller.voice = 'Caller';
    called.voice = 'Called';
  }
  return call.direction === 'outbound' ? [called, caller] : [caller, called];
}

// Who talked after a transfer, when the call has such a leg.
function thenWhom(call: CallDetails): string {
  const first = farParty(call);
  if (!call.events.some((event) => event.kind === 'transferred')) return '';
  const later = call.legs.filter((leg) => leg.answered_at && !sameParty(leg.party, first));
  const last = later.filter((leg) => !leg.caller).at(-1);
  return last ? withNumber(last.party) : '';
}

// Whoever joined at the moment of a transfer.
function toWhom(call: CallDetails, event: CallEvent): string {
  const near = (time: string | null) =>
    time !== null && Math.abs(Date.parse(time) - Date.parse(event.at)) < 1500;
  const joined = call.legs.find((leg) => leg.id !== event.leg && near(leg.answered_at));
  return joined ? `To ${who(joined.party).name}` : 'Put through';
}

export interface Span {
  from: number; // seconds from the start of the recording
  to: number;
}

export interface Flag {
  at: number;
  text: string;
  paused?: boolean;
}

export interface Gap extends Span {
  word: string; // "Paused", or "Not recorded" after the recording was stopped
}

export interface Marks {
  holds: Span[];
  pauses: Gap[]; // nothing was kept of these stretches
  moments: number[]; // transfers
  flags: Flag[];
}

export function marks(call: CallDetails, length: number): Marks {
  const origin = Date.parse(call.recording?.started_at ?? call.answered_at ?? call.started_at);
  const inside = (at: number) => Math.max(0, Math.min(length, at));
  const at = (time: string) => inside((Date.parse(time) - origin) / 1000);
  const out: Marks = { holds: [], pauses: pauses(call, at), moments: [], flags: [] };
  let heldAt: number | null = null;
  let held = 0;
  const close = (at: number) => {
    if (heldAt === null || at <= heldAt) return;
    out.holds.push({ from: heldAt, to: at });
    out.flags.push({ at: heldAt, text: `Hold ${duration(at - heldAt)}` });
    heldAt = null;
  };
  for (const event of call.events) {
    const when = at(event.at);
    if (event.kind === 'held' && held++ === 0) heldAt = when;
    if (event.kind === 'resumed' && held > 0 && --held === 0) close(when);
    if (event.kind === 'transferred') {
      out.moments.push(when);
      out.flags.push({ at: when, text: toWhom(call, event) });
    }
  }
  close(length);
  for (const { from, to, word } of out.pauses) {
    out.flags.push({ at: from, text: `${word} ${duration(to - from)}`, paused: true });
  }
  return out;
}

const SHORTEST_GAP = 1; // seconds; a recording ends a moment before its call

// From a pause or a stop to where recording went on.
function pauses(call: CallDetails, at: (time: string) => number): Gap[] {
  const gaps: Gap[] = [];
  let open: Gap | null = null;
  const close = (to: number, shortest = 0) => {
    if (open && to - open.from > shortest) gaps.push({ ...open, to });
    open = null;
  };
  for (const { kind, at: time } of call.events) {
    const when = at(time);
    if (kind === 'recording_resumed' || kind === 'recording_started') close(when);
    else if (kind === 'recording_paused') open ??= { from: when, to: when, word: 'Paused' };
    else if (kind === 'recording_ended') {
      close(when);
      open = { from: when, to: when, word: 'Not recorded' };
    }
  }
  close(at(call.ended_at ?? new Date().toISOString()), SHORTEST_GAP);
  return gaps;
}
