// Who is signed in, and what the box says about itself.
import * as api from './api';
import { setZone } from './zone';
import type { SessionInfo } from './types';

export type Permission =
  | 'calls.hang_up'
  | 'calls.control_recording'
  | 'calls.listen_live'
  | 'calls.export'
  | 'calls.delete'
  | 'calls.hold'
  | 'system.see'
  | 'system.own';

export type Recovery = { key: string } | { failed: string };

let recovery = $state.raw<Recovery | null>(null);
// null: nobody; undefined: not known yet.
let info = $state.raw<SessionInfo | null | undefined>(undefined);

function take(next: SessionInfo | null): void {
  if (next) {
    setZone(next.server.time_zone);
    api.setCsrfToken(next.csrf_token);
  } else {
    api.setCsrfToken('');
  }
  info = next;
}

export const session = {
  get info() {
    return info;
  },
  may(what: Permission): boolean {
    return !!info?.user.permissions.includes(what);
  },
  // Made at set-up and shown once; null when there is none to show.
  get recovery() {
    return recovery;
  },
};

// The recovery key has been kept: it is never shown again.
export function keptRecoveryKey(): void {
  recovery = null;
}

export async function restore(): Promise<void> {
  try {
    take(await api.session.read());
  } catch (error) {
    if (error instanceof api.ApiError && error.status === 401) take(null);
    else throw error;
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  take(await api.session.open(username, password));
}

export async function setUp(token: string, username: string, password: string): Promise<void> {
  const next = await api.setup.finish(token, username, password);
  api.setCsrfToken(next.csrf_token);
  recovery = await makeRecoveryKey();
  take(next);
}

// A box that makes no recovery keys has nothing to show; any other failure is said.
async function makeRecoveryKey(): Promise<Recovery | null> {
  try {
    return { key: await api.keeping.newRecoveryKey() };
  } catch (error) {
    if (!(error instanceof api.ApiError)) return { failed: 'The answer could not be read.' };
    if (error.status === 404 || error.status === 405) return null;
    return { failed: error.detail || error.title };
  }
}

export async function signOut(): Promise<void> {
  await api.session.close().catch(() => {}); // an ended session is what we want
  take(null);
}

export function forget(): void {
  take(null);
}
