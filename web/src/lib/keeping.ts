// The words for what keeps recordings safe: damage, legal holds, receipts, the disk.
import { count, date, dayAndTime, plural, size } from './format';
import { dayStart, shiftDay } from './zone';
import type { Damage, DamageKind, LegalHold, Receipt, Storage } from './types';
import type { State } from './words';

export const DAMAGE: Record<DamageKind, string> = {
  changed: 'changed',
  truncated: 'cut short',
  swapped: 'exchanged for another one',
  removed: 'removed',
  key_missing: 'made unreadable: its key is missing',
};

// "This recording was changed outside Ringfort"
export function damageTitle(damage: Damage): string {
  const what = DAMAGE[damage.kind] ?? 'damaged';
  if (damage.kind === 'key_missing') return 'The key of this recording is missing';
  return `This recording was ${what} outside Ringfort`;
}

export function damageWord(damage: Damage): string {
  return damage.kind === 'key_missing' ? 'Key missing' : capitalWord(DAMAGE[damage.kind]);
}

function capitalWord(text: string | undefined): string {
  const first = (text ?? 'damaged').split(' ')[0] ?? '';
  return first.charAt(0).toUpperCase() + first.slice(1);
}

// "since 19 Nov 2026 by Mara Lind, until 3 Mar 2027"
export function holdFacts(hold: LegalHold): string {
  const until = hold.until ? `until ${date(hold.until, 'always')}` : 'until somebody lifts it';
  return `since ${date(hold.since, 'always')} by ${hold.by}, ${until}`;
}

// A hold ends with the day that was chosen, in the zone of the box.
export function endOfDay(day: string): string | null {
  return day ? new Date(dayStart(shiftDay(day, 1)) - 1000).toISOString() : null;
}

// "Deleted by Mara Lind, today 11:20: the customer asked for it."
export function receiptWords(receipt: Receipt): string {
  const when = receipt.at ? `, ${dayAndTime(receipt.at)}` : '';
  const why = receipt.reason ? `: ${receipt.reason.replace(/\.$/, '')}` : '';
  return `Deleted${receipt.by ? ` by ${receipt.by}` : ''}${when}${why}.`;
}

const ACCESS: Record<string, string> = {
  played: 'listened',
  downloaded: 'downloaded it',
  exported: 'exported it',
  vcon: 'took it out as vCon',
  deleted: 'deleted it',
};

// What somebody did with a recording: "recording.downloaded" in the audit log.
export function accessWords(action: string): string {
  const word = action.slice(action.indexOf('.') + 1);
  return ACCESS[word] ?? word.replaceAll('_', ' ');
}

export function leftTheBox(action: string): boolean {
  return /\.(downloaded|exported|vcon)$/.test(action);
}

// "Full in 41 days at this rate"
export function horizon(storage: Storage): string {
  const { full_in_days: days, daily_growth_bytes: growth } = storage;
  if (growth === null) return 'Not known yet: there are too few days to tell the growth';
  if (growth <= 0) return 'It does not grow at present';
  if (days === null) return 'Not full within any time that can be told';
  if (days < 1) return 'Full within a day at this rate';
  return `Full in ${plural(Math.floor(days), 'day')} at this rate`;
}

export function horizonState(storage: Storage): State {
  const days = storage.full_in_days;
  if (days !== null && days < 14) return { word: 'Soon full', mark: 'bad' };
  if (storage.warning || storage.retention_fits === false) return { word: 'Short', mark: 'warn' };
  if (storage.daily_growth_bytes === null) return { word: 'Not known yet', mark: 'off' };
  return { word: 'Enough', mark: 'ok' };
}

// Whether what is to be kept can be kept.
export function retentionWords(storage: Storage): string {
  const days = storage.retention_days;
  if (days <= 0) return 'Recordings are kept until somebody deletes them.';
  const kept = `Recordings are kept for ${plural(days, 'day')}.`;
  if (storage.retention_fits === null) return `${kept} Whether that fits is not known yet.`;
  return storage.retention_fits
    ? `${kept} That fits on this disk.`
    : `${kept} That does not fit on this disk: add space, or keep them for a shorter time. Nothing old is overwritten: on a full disk new calls go unrecorded, with an alarm.`;
}

export interface Part {
  name: string;
  bytes: number;
  kind: 'recordings' | 'store' | 'other' | 'reserve' | 'free';
}

// What the disk holds, in the order of the bar; the parts add up to the whole disk.
export function diskParts(storage: Storage): Part[] {
  const { total_bytes, free_bytes, reserve_bytes, recordings_bytes, store_bytes } = storage;
  const used = Math.max(0, total_bytes - free_bytes);
  const recordings = Math.min(recordings_bytes, used);
  const store = Math.min(store_bytes, used - recordings);
  const reserve = Math.min(reserve_bytes, free_bytes);
  const parts: Part[] = [
    { name: 'Recordings', bytes: recordings, kind: 'recordings' },
    { name: 'Lists and settings', bytes: store, kind: 'store' },
    { name: 'Everything else', bytes: used - recordings - store, kind: 'other' },
    { name: 'Kept back for the lists', bytes: reserve, kind: 'reserve' },
    { name: 'Free', bytes: free_bytes - reserve, kind: 'free' },
  ];
  return parts.filter((part) => part.bytes > 0);
}

export function freeWords(storage: Storage): string {
  return `${size(storage.free_bytes)} of ${size(storage.total_bytes)} free`;
}

export function findingsWords(findings: number): string {
  return findings === 0
    ? 'nothing was changed outside Ringfort'
    : `${count(findings)} ${findings === 1 ? 'recording is' : 'recordings are'} not as Ringfort left ${findings === 1 ? 'it' : 'them'}`;
}
