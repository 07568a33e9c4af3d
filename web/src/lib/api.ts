// The only module that fetches. Every failure becomes an ApiError that says what happened.
import type {
  Alarm,
  AudioChoice,
  CallDetails,
  CallsPage,
  EvidenceHead,
  ExportState,
  Extension,
  Held,
  LiveCall,
  Receipt,
  SessionInfo,
  Storage,
  Trunk,
  Waveform,
} from './types';

const BASE = '/api/v1';

export class ApiError extends Error {
  // status 0: the box did not answer at all.
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly at = new Date(),
  ) {
    super(title);
  }
}

let csrfToken = '';
let onSignedOut: () => void = () => {};

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

// Called when the box says that nobody is signed in any more.
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

async function problem(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null);
  const text = (key: string): string => {
    const value = (body as Record<string, unknown> | null)?.[key];
    return typeof value === 'string' ? value : '';
  };
  return new ApiError(answer.status, text('title') || `Answer ${answer.status}`, text('detail'));
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal) {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken;
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The box did not answer', '');
  }
  if (!answer.ok) {
    const failure = await problem(answer);
    if (answer.status === 401 && !path.startsWith('/session')) onSignedOut();
    throw failure;
  }
  return answer;
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await send('GET', path, undefined, signal)).json()) as T;
}

async function act(method: string, path: string, body?: unknown): Promise<void> {
  await send(method, path, body);
}

async function ask<T>(method: string, path: string, body: unknown): Promise<T> {
  return (await (await send(method, path, body)).json()) as T;
}

const id = encodeURIComponent;

export const session = {
  read: () => get<SessionInfo>('/session'),
  open: (username: string, password: string) =>
    ask<SessionInfo>('POST', '/session', { username, password }),
  close: () => act('DELETE', '/session'),
};

export const setup = {
  needed: async () => (await get<{ needed: boolean }>('/setup')).needed,
  finish: (token: string, username: string, password: string) =>
    ask<SessionInfo>('POST', '/setup', { token, username, password }),
};

export const calls = {
  list: (query: URLSearchParams, signal?: AbortSignal) =>
    get<CallsPage>(`/calls?${query.toString()}`, signal),
  read: (call: string, signal?: AbortSignal) => get<CallDetails>(`/calls/${id(call)}`, signal),
  waveform: (call: string, points: number, signal?: AbortSignal) =>
    get<Waveform>(`/calls/${id(call)}/waveform?points=${points}`, signal),
  // Addresses for <audio> and for download links; the browser fetches them itself.
  audio: (call: string) => `${BASE}/calls/${id(call)}/recording`,
  download: (call: string, choice: AudioChoice) =>
    `${BASE}/calls/${id(call)}/recording?format=${choice.format}&channels=${choice.channels}` +
    `&download=1${choice.numbers ? '&numbers=1' : ''}`,
  vcon: (call: string, audio: boolean) => `${BASE}/calls/${id(call)}/vcon?audio=${audio ? 1 : 0}`,
  removeRecording: async (call: string, reason: string) =>
    (await ask<{ receipt: Receipt }>('DELETE', `/calls/${id(call)}/recording`, { reason })).receipt,
  hold: (call: string, reason: string, until: string | null) =>
    act('PUT', `/calls/${id(call)}/legal-hold`, { reason, until }),
  liftHold: (call: string, reason: string) =>
    act('DELETE', `/calls/${id(call)}/legal-hold`, { reason }),
};

export const live = {
  list: async () => (await get<{ calls: LiveCall[] }>('/live')).calls,
  hangUp: (call: string) => act('DELETE', `/live/${id(call)}`),
  record: (call: string, state: 'recording' | 'paused' | 'off') =>
    act('PUT', `/live/${id(call)}/recording`, { state }),
  audio: (call: string) => `${BASE}/live/${id(call)}/audio`,
  // Asks for the stream and leaves at once: only the answer's reason is wanted.
  mayListen: async (call: string) => {
    const stop = new AbortController();
    await send('GET', `/live/${id(call)}/audio`, undefined, stop.signal);
    stop.abort();
  },
};

export const bulk = {
  begin: (query: URLSearchParams, choice: AudioChoice) =>
    ask<{ id: string; calls: number; seconds: number }>('POST', '/exports', {
      ...Object.fromEntries(query),
      ...choice,
    }),
  read: (one: string) => get<ExportState>(`/exports/${id(one)}`),
  archive: (one: string) => `${BASE}/exports/${id(one)}/archive`,
};

export const keeping = {
  storage: () => get<Storage>('/storage'),
  evidence: () => get<EvidenceHead>('/evidence'),
  evidenceLog: `${BASE}/evidence/log`,
  holds: async () => (await get<{ holds: Held[] }>('/legal-holds')).holds,
  newRecoveryKey: async () =>
    (await ask<{ recovery_key: string }>('POST', '/recovery-key', {})).recovery_key,
};

export const extensions = {
  list: async () => (await get<{ extensions: Extension[] }>('/extensions')).extensions,
};

export const trunks = {
  list: async () => (await get<{ trunks: Trunk[] }>('/trunks')).trunks,
};

export const alarms = {
  list: async () => (await get<{ alarms: Alarm[] }>('/alarms')).alarms,
  seen: (alarm: string) => act('POST', `/alarms/${id(alarm)}/seen`),
};

export const eventsAddress = `${BASE}/events`;
