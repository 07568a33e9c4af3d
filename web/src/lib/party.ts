// How one side of a call is named: name before number, never a SIP address.
import type { CallDetails, CallRow, Party } from './types';

// Spaces inside a number do not break.
const unbroken = (text: string) => text.replaceAll(' ', '\u00a0');

export interface Who {
  name: string; // what to show first: name, else number, else "Number withheld"
  number: string; // shown behind the name; empty when the name already is the number
  copy: string; // what copying the number gives: the +49… form
}

export function who(party: Party): Who {
  const shown = unbroken(party.extension ?? (party.display || party.number));
  const copy = party.extension ?? party.number;
  if (party.name) return { name: party.name, number: shown, copy };
  return { name: shown || 'Number withheld', number: '', copy };
}

// "Jonas Feld (24)"
export function withNumber(party: Party): string {
  const { name, number } = who(party);
  return number ? `${name} (${number})` : name;
}

// Who spoke at the called end: whoever answered, else who was called.
export function farParty(call: CallRow | CallDetails): Party {
  return call.answered_by ?? call.to;
}

export function sameParty(a: Party, b: Party): boolean {
  return a.number === b.number && a.extension === b.extension;
}

// The party outside the box first: the one whom a list of calls is about.
export function otherAndOurs(call: CallRow): { other: Party; ours: Party; toOurs: boolean } {
  const toOurs = call.direction !== 'outbound';
  return toOurs
    ? { other: call.from, ours: farParty(call), toOurs }
    : { other: farParty(call), ours: call.from, toOurs };
}
