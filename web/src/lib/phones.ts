// What an extension is doing now: from its registrations and the calls in progress.
import type { Extension, LiveCall } from './types';
import type { Mark } from './words';

export interface PhoneState {
  word: string;
  mark: Mark;
}

const FREE: PhoneState = { word: 'Free', mark: 'ok' };
const IN_CALL: PhoneState = { word: 'In a call', mark: 'acc' };
const RINGING: PhoneState = { word: 'Ringing', mark: 'ring' };
const ABSENT: PhoneState = { word: 'Not registered', mark: 'bad' };

export const PHONE_STATES = [FREE, IN_CALL, RINGING, ABSENT];

export function phoneState(extension: Extension, calls: LiveCall[]): PhoneState {
  const legs = calls
    .flatMap((call) => call.legs)
    .filter((leg) => leg.party.extension === extension.number && !leg.ended_at);
  if (legs.some((leg) => leg.answered_at || leg.caller)) return IN_CALL;
  if (legs.some((leg) => leg.ringing_at)) return RINGING;
  return extension.registered ? FREE : ABSENT;
}
