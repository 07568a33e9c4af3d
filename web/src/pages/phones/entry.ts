import { hourMinute } from '../../lib/format';
import type { Extension, Phone } from '../../lib/types';
import type { PhoneState } from '../../lib/phones';

export interface Entry {
  extension: Extension;
  state: PhoneState;
}

export const RECORDING_RULES: Record<string, string> = {
  inherit: 'By default',
  always: 'Always',
  'on-demand': 'On demand',
  on_demand: 'On demand',
  never: 'Never',
};

// "until 14:40": a phone renews its registration before that.
export function until(phone: Phone): string {
  return `until ${hourMinute(phone.expires_at)}`;
}
