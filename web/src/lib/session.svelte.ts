// Who is signed in, and what the box says about itself.
import * as api from './api';
import { setZone } from './zone';
import type { SessionInfo } from './types';

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
  get mayHangUp() {
    return info?.user.role === 'owner' || info?.user.role === 'admin';
  },
};

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
  take(await api.setup.finish(token, username, password));
}

export async function signOut(): Promise<void> {
  await api.session.close().catch(() => {}); // an ended session is what we want
  take(null);
}

export function forget(): void {
  take(null);
}
