// The words for states: the same fact has the same word on every page.
import { duration, secondsBetween, withSeconds } from './format';
import type {
  CallEvent,
  CallRow,
  Direction,
  LiveCall,
  LiveRecordingState,
  Outcome,
  RecordingBrief,
} from './types';

export type Mark = 'ok' | 'warn' | 'bad' | 'off' | 'acc' | 'ring' | 'hold';

export interface State {
  word: string;
  mark: Mark | null; // null: a state at rest needs no mark
}

export const DIRECTIONS: Record<Direction, string> = {
  inbound: 'Incoming',
  outbound: 'Outgoing',
  internal: 'Internal',
};

// For the filter; the rows say it more exactly (outcomeState).
export const OUTCOMES: [Outcome, string][] = [
  ['answered', 'answered'],
  ['no_answer', 'missed'],
  ['cancelled', 'hung up before'],
  ['busy', 'busy'],
  ['declined', 'declined'],
  ['failed', 'failed'],
  ['ongoing', 'in progress'],
];

// Nobody of ours took a call from outside.
export function isMissed(call: CallRow): boolean {
  const unanswered = call.outcome === 'no_answer' || call.outcome === 'cancelled';
  return call.direction === 'inbound' && unanswered;
}

export function onHold(events: CallEvent[] | undefined): boolean {
  let held = 0;
  for (const event of events ?? []) {
    if (event.kind === 'held') held++;
    else if (event.kind === 'resumed' && held) held--;
  }
  return held > 0;
}

export function outcomeState(call: CallRow & Partial<Pick<LiveCall, 'events'>>): State {
  switch (call.outcome) {
    case 'ongoing':
      if (!call.answered_at) return { word: 'Ringing', mark: 'ring' };
      if (onHold(call.events)) return { word: 'On hold', mark: 'hold' };
      return { word: 'Talking', mark: 'acc' };
    case 'answered':
      return { word: 'Answered', mark: null };
    case 'no_answer':
      return isMissed(call) ? { word: 'Missed', mark: 'bad' } : { word: 'No answer', mark: null };
    case 'cancelled':
      return { word: 'Hung up', mark: isMissed(call) ? 'bad' : null };
    case 'busy':
      return { word: 'Busy', mark: null };
    case 'declined':
      return { word: 'Declined', mark: null };
    case 'failed':
      return { word: 'Failed', mark: 'warn' };
  }
}

export interface Length {
  text: string;
  ringing: boolean; // nobody talked: this is how long it rang
}

// A call's length is talk time; ringing is said as such.
export function callLength(call: CallRow, now: number): Length | null {
  if (call.answered_at) {
    const seconds = call.ended_at
      ? (call.talk_seconds ?? secondsBetween(call.answered_at, call.ended_at))
      : secondsBetween(call.answered_at, now);
    return { text: duration(seconds), ringing: false };
  }
  if (!call.ended_at) {
    return { text: duration(secondsBetween(call.started_at, now)), ringing: true };
  }
  const rang = call.outcome === 'no_answer' || call.outcome === 'cancelled';
  if (!rang) return null;
  return { text: duration(secondsBetween(call.started_at, call.ended_at)), ringing: true };
}

export const RECORDING: Record<LiveRecordingState, string> = {
  recording: 'Recording',
  paused: 'Paused',
  off: 'Off',
  announcing: 'Announcing',
  finishing: 'Finishing',
  sealed: 'Sealed',
  missing: 'Missing',
  never: 'Never',
  gone: 'Gone',
};

// What is to be known beside the word while a call runs: until when, or why not.
export function recordingNote(recording: RecordingBrief): string {
  const { state, resumes_at, reason } = recording;
  if (state === 'paused') {
    return resumes_at ? `until ${withSeconds(resumes_at)}` : '';
  }
  return ['never', 'missing', 'off'].includes(state) ? reason : '';
}

const EVENT_WORDS: Record<string, string> = {
  ringing: 'Rang',
  answered: 'Answered',
  held: 'On hold',
  resumed: 'Talking again',
  transferred: 'Put through',
  transfer_failed: 'A transfer came to nothing',
  recording_started: 'Recording began',
  recording_ended: 'Recording ended',
  recording_missing: 'Recording is missing',
  recording_paused: 'Recording paused',
  recording_resumed: 'Recording ran again',
  recording_opted_out: 'Recording was declined; nothing was kept',
  announcement_played: 'Announcement of the recording played',
  listened: 'Somebody listened in',
  trunk_failed: 'A trunk failed',
  answered_elsewhere: 'Stopped ringing, answered elsewhere',
  dtmf: 'A key was pressed',
  media_timeout: 'No more sound came in',
  ended: 'Call ended',
};

// Events whose words take the person as the subject: "Jonas Feld (24) answered".
const WITH_PERSON: Record<string, (name: string) => string> = {
  ringing: (name) => `Rang ${name}`,
  answered: (name) => `${name} answered`,
  held: (name) => `${name} put the call on hold`,
  resumed: (name) => `${name} took the call back`,
  transferred: (name) => `Put through by ${name}`,
  answered_elsewhere: (name) => `${name} stopped ringing, answered elsewhere`,
  dtmf: (name) => `${name} pressed a key`,
  media_timeout: (name) => `No more sound came from ${name}`,
  recording_paused: (name) => `${name} paused the recording`,
  recording_resumed: (name) => `${name} let the recording run again`,
  recording_opted_out: (name) => `${name} declined the recording; nothing was kept`,
  announcement_played: (name) => `Announcement of the recording played to ${name}`,
};

const SENTENCES = ['transferred', 'transfer_failed'];

// Events whose detail is the person at the page, not a fact about the line.
const BY_USER: Record<string, (user: string) => string> = {
  listened: (user) => `${user} listened in`,
  recording_started: (user) => `${user} started the recording`,
  recording_ended: (user) => `${user} stopped the recording`,
  recording_paused: (user) => `${user} paused the recording`,
  recording_resumed: (user) => `${user} let the recording run again`,
};

export function eventWords(event: CallEvent, person: string | null, direction: Direction): string {
  if (event.kind === 'started') return direction === 'inbound' ? 'Call came in' : 'Call began';
  // Some details are whole sentences: "Jonas Feld transferred the call to Mara Lind."
  if (SENTENCES.includes(event.kind) && / .*\.$/.test(event.detail)) {
    return event.detail.slice(0, -1);
  }
  // No leg and no sentence: somebody did it on a page.
  const named = event.detail && !event.leg && !event.detail.endsWith('.');
  const user = named ? BY_USER[event.kind] : undefined;
  if (user) return user(event.detail);
  const subject = person ? WITH_PERSON[event.kind] : undefined;
  const said =
    subject && person
      ? subject(person)
      : (EVENT_WORDS[event.kind] ?? event.kind.replaceAll('_', ' '));
  const known = !event.detail || said.includes(event.detail);
  return known ? said : `${said}: ${event.detail}`;
}
