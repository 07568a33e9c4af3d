// What the box is doing now, kept up to date by the event stream: calls in progress, phones,
// trunks, alarms, and whether we are connected at all.
import { SvelteMap } from 'svelte/reactivity';
import * as api from './api';
import * as stream from './live';
import { withNews, withRecording } from './recorded';
import { forget } from './session.svelte';
import type { Alarm, Extension, LiveCall, RecordingBrief, Trunk } from './types';

interface RecordingEvent {
  call: string;
  recording: RecordingBrief;
}

const liveCalls = new SvelteMap<string, LiveCall>();
const calls = $derived(
  [...liveCalls.values()].sort((a, b) => (a.started_at < b.started_at ? -1 : 1)),
);
let extensions = $state.raw<Extension[]>([]);
let trunks = $state.raw<Trunk[]>([]);
let alarms = $state.raw<Alarm[]>([]);
let loaded = $state(false);
// Set while the stream is down: since when, and when it is tried again.
let down = $state.raw<{ since: number; retryAt: number } | null>(null);

export const box = {
  get calls() {
    return calls; // the longest first
  },
  call(id: string): LiveCall | undefined {
    return liveCalls.get(id);
  },
  get extensions() {
    return extensions;
  },
  get trunks() {
    return trunks;
  },
  get alarms() {
    return alarms;
  },
  get loaded() {
    return loaded;
  },
  get down() {
    return down;
  },
};

function takeCall(data: unknown): void {
  const call = data as LiveCall;
  if (call.ended_at) liveCalls.delete(call.id);
  else liveCalls.set(call.id, withRecording(call, liveCalls.get(call.id)?.recording));
}

function takeRecording(data: unknown): void {
  const { call, recording } = data as RecordingEvent;
  const known = liveCalls.get(call);
  if (known) {
    liveCalls.set(call, { ...known, recording: withNews(known.recording, recording) });
  }
}

function takeAlarm(data: unknown): void {
  const alarm = data as Alarm;
  alarms = [alarm, ...alarms.filter((other) => other.id !== alarm.id)];
}

async function loadPhones(): Promise<void> {
  extensions = await api.extensions.list();
}

async function loadTrunks(): Promise<void> {
  trunks = await api.trunks.list();
}

async function loadCalls(): Promise<void> {
  const now = await api.live.list();
  const before = new Map(liveCalls);
  liveCalls.clear();
  for (const call of now) {
    liveCalls.set(call.id, withRecording(call, before.get(call.id)?.recording));
  }
}

async function loadAll(): Promise<void> {
  const parts = [loadCalls(), loadPhones(), loadTrunks()];
  const seen = api.alarms.list().then((list) => {
    alarms = list;
  });
  await Promise.allSettled([...parts, seen]);
  loaded = true;
}

export async function markSeen(alarm: Alarm): Promise<void> {
  await api.alarms.seen(alarm.id);
  alarms = alarms.filter((other) => other.id !== alarm.id);
}

const quietly = (work: () => Promise<void>) => () => void work().catch(() => {});

// Many phones may renew at once: one answer serves them all.
function soon(work: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = quietly(work);
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, 300);
  };
}

// Follows the box until the returned function is called.
export function follow(): () => void {
  const offs = [
    stream.on('hello', quietly(loadAll)),
    stream.on('call', takeCall),
    stream.on('recording', takeRecording),
    stream.on('alarm', takeAlarm),
    stream.on('registration', soon(loadPhones)),
    stream.on('trunk', soon(loadTrunks)),
  ];
  stream.start({
    onUp: () => (down = null),
    onDown: (retryAt) => (down = { since: down?.since ?? Date.now(), retryAt }),
    onSignedOut: forget,
  });
  return () => {
    for (const off of offs) off();
    stream.stop();
    liveCalls.clear();
    loaded = false;
    down = null;
  };
}
