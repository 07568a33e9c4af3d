// The only module that fetches. Every failure becomes an ApiError that says what happened.
import type {
  Alarm,
  CallDetails,
  CallsPage,
  Extension,
  LiveCall,
  SessionInfo,
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
  download: (call: string, format: string) =>
    `${BASE}/calls/${id(call)}/recording?format=${id(format)}&download=1`,
};

export const live = {
  list: async () => (await get<{ calls: LiveCall[] }>('/live')).calls,
  hangUp: (call: string) => act('DELETE', `/live/${id(call)}`),
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
