// The only module that holds the EventSource: one stream for all pages, opened again when it
// breaks. What it hears goes to whoever listens; it keeps no data itself.
import { eventsAddress, session } from './api';
import { ApiError } from './api';

export type LiveEvent = 'hello' | 'call' | 'recording' | 'registration' | 'trunk' | 'alarm';
type Listener = (data: unknown) => void;

const NAMES: LiveEvent[] = ['hello', 'call', 'recording', 'registration', 'trunk', 'alarm'];
const RETRY_SECONDS = 4;

export interface Connection {
  onUp: () => void;
  onDown: (retryAt: number) => void;
  onSignedOut: () => void;
}

const listeners = new Map<LiveEvent, Set<Listener>>();
let source: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let watcher: Connection | null = null;

export function on(name: LiveEvent, listener: Listener): () => void {
  const set = listeners.get(name) ?? new Set();
  listeners.set(name, set.add(listener));
  return () => set.delete(listener);
}

function tell(name: LiveEvent, data: unknown): void {
  for (const listener of listeners.get(name) ?? []) listener(data);
}

function open(): void {
  source = new EventSource(eventsAddress);
  for (const name of NAMES) {
    source.addEventListener(name, (event) => {
      if (name === 'hello') watcher?.onUp();
      tell(name, JSON.parse((event as MessageEvent<string>).data));
    });
  }
  source.onerror = () => void lost();
}

async function lost(): Promise<void> {
  close();
  watcher?.onDown(Date.now() + RETRY_SECONDS * 1000);
  retry = setTimeout(() => void again(), RETRY_SECONDS * 1000);
}

// An EventSource does not say why it failed, so ask first whether we are still signed in.
async function again(): Promise<void> {
  try {
    await session.read();
    if (watcher) open();
  } catch (error) {
    if (!watcher) return;
    if (error instanceof ApiError && error.status === 401) watcher.onSignedOut();
    else await lost();
  }
}

function close(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

export function start(connection: Connection): void {
  stop();
  watcher = connection;
  open();
}

export function stop(): void {
  watcher = null;
  close();
}
