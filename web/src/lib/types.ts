// What the HTTP API says, field by field. Times are RFC 3339 in UTC.

export type Direction = 'inbound' | 'outbound' | 'internal';
export type Outcome =
  'ongoing' | 'answered' | 'no_answer' | 'busy' | 'declined' | 'cancelled' | 'failed';
export type RecordingState = 'recording' | 'finishing' | 'sealed' | 'missing' | 'never' | 'gone';
export type Role = 'owner' | 'admin' | 'staff';

export interface Party {
  number: string; // E.164, an extension, or empty when withheld
  display: string; // the number as people of this country write it
  name: string;
  extension: string | null;
  trunk: string | null;
}

export interface RecordingBrief {
  state: RecordingState;
  reason: string;
  seconds: number | null;
  cut: boolean;
}

export interface CallRow {
  id: string;
  direction: Direction;
  from: Party;
  to: Party;
  answered_by: Party | null;
  started_at: string;
  answered_at: string | null;
  ended_at: string | null;
  outcome: Outcome;
  talk_seconds: number | null;
  recording: RecordingBrief | null;
}

export interface Quality {
  packets_received: number;
  packets_sent: number;
  packets_lost: number;
  packets_refused: number;
  loss_percent: number;
  jitter_ms: number;
  remote_loss_percent: number;
  round_trip_ms: number | null;
}

export interface Leg {
  id: string;
  caller: boolean;
  party: Party;
  device: string;
  codec: string;
  peer: string;
  started_at: string;
  ringing_at: string | null;
  answered_at: string | null;
  ended_at: string | null;
  outcome: Outcome;
  sip_status: number;
  q850_cause: number;
  quality: Quality;
}

export interface CallEvent {
  at: string;
  kind: string;
  leg: string | null;
  detail: string;
}

export interface TraceStep {
  text: string;
  source: string;
}

export interface Listened {
  at: string;
  who: string;
  action: string;
}

// A call that is rightly not recorded has only the brief facts.
export interface Recording extends RecordingBrief {
  id?: string;
  format?: string;
  sample_rate?: number;
  bytes?: number;
  started_at?: string | null;
  sealed_at?: string | null;
  gone_at?: string | null;
  fingerprint?: string | null;
  listened?: Listened[];
}

export interface LiveCall extends CallRow {
  legs: Leg[];
  events: CallEvent[];
}

export interface CallDetails extends Omit<LiveCall, 'recording'> {
  ended_by: string;
  end_reason: string;
  sip_status: number;
  q850_cause: number;
  gone_at: string | null;
  trace: TraceStep[];
  recording: Recording | null;
}

export interface CallsPage {
  calls: CallRow[];
  next_cursor: string | null;
}

export interface Waveform {
  points: number;
  seconds: number;
  left: number[];
  right: number[];
}

export interface Phone {
  device: string;
  address: string;
  registered_at: string;
  expires_at: string;
}

export interface Extension {
  number: string;
  name: string;
  recording: string;
  registered: boolean;
  phones: Phone[];
  on_call: boolean;
}

export interface Trunk {
  name: string;
  registers: boolean;
  usable: boolean;
  detail: string;
  since: string;
}

export interface Alarm {
  id: string;
  name: string;
  text: string;
  call: string | null;
  at: string;
}

export interface SessionInfo {
  user: { name: string; role: Role };
  csrf_token: string;
  server: { name: string; time_zone: string; country: string; version: string };
}
