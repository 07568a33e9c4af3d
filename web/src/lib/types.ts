// What the HTTP API says, field by field. Times are RFC 3339 in UTC.

export type Direction = 'inbound' | 'outbound' | 'internal';
export type Outcome =
  'ongoing' | 'answered' | 'no_answer' | 'busy' | 'declined' | 'cancelled' | 'failed';
export type RecordingState = 'recording' | 'finishing' | 'sealed' | 'missing' | 'never' | 'gone';
// What can be said of a call in progress besides.
export type LiveRecordingState = RecordingState | 'paused' | 'off' | 'announcing';
export type Role = 'owner' | 'admin' | 'staff';

export interface Party {
  number: string; // E.164, an extension, or empty when withheld
  display: string; // the number as people of this country write it
  name: string;
  extension: string | null;
  trunk: string | null;
}

export type DamageKind = 'changed' | 'truncated' | 'swapped' | 'removed' | 'key_missing';

export interface Damage {
  kind: DamageKind;
  text: string;
  found_at: string;
}

export interface LegalHold {
  reason: string;
  by: string;
  since: string;
  until: string | null;
}

export interface RecordingBrief {
  state: LiveRecordingState;
  reason: string;
  seconds: number | null;
  cut: boolean;
  since?: string | null; // of a call in progress: since when it is in this state
  resumes_at?: string | null; // when a pause ends by itself
  can_stop?: boolean; // a call that is always recorded can only be paused
  damage?: Damage | null;
  legal_hold?: LegalHold | null;
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
  hash?: string | null;
  evidence?: number | null; // number of its entry in the signed log
  receipt?: Receipt | null;
  listened?: Listened[];
}

// What is left of a deleted recording.
export interface Receipt {
  item?: string;
  hash?: string | null;
  kind?: string; // expired, deleted or discarded
  by?: string; // the person or the rule
  reason?: string;
  at?: string;
  key_destroyed?: boolean;
  sequence?: number;
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

export interface Held {
  call: string;
  reason: string;
  by: string;
  since: string;
  until: string | null;
}

export interface EvidenceHead {
  sequence: number;
  hash: string;
  signed_at: string | null;
  signature: string;
  public_key: string;
}

export interface Finding {
  call: string | null;
  recording?: string | null;
  kind: DamageKind;
  text: string;
  found_at: string;
}

export interface JobResult {
  last_at: string | null;
  ok: boolean | null;
  text: string;
}

export interface Storage {
  free_bytes: number;
  total_bytes: number;
  reserve_bytes: number;
  recordings_bytes: number;
  store_bytes: number;
  daily_growth_bytes: number | null;
  full_in_days: number | null;
  full_at: string | null;
  retention_days: number; // 0: without end
  retention_fits: boolean | null;
  warning: string | null;
  backup: JobResult;
  backup_check: JobResult;
  check: JobResult & { findings: number; found?: Finding[] };
}

export type AudioFormat = 'opus' | 'ogg' | 'wav' | 'mp3' | 'aac';

export interface AudioChoice {
  format: AudioFormat;
  channels: 1 | 2;
  numbers: boolean;
}

export interface ExportState {
  id: string;
  state: 'ready' | 'running' | 'done' | 'failed' | 'stopped';
  done: number;
  calls: number;
  bytes: number;
  text: string;
}

export interface SessionInfo {
  user: { name: string; role: Role; permissions: string[] };
  csrf_token: string;
  server: { name: string; time_zone: string; country: string; version: string };
}
