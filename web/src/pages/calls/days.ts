// Rows under the heads of their days, with counts of exactly what is known.
import { dayHead, plural } from '../../lib/format';
import { isMissed } from '../../lib/words';
import { dayKey } from '../../lib/zone';
import type { CallRow } from '../../lib/types';

export interface Day {
  key: string;
  head: string;
  counts: string;
  rows: CallRow[];
}

// `cutTop` and `cutBottom`: the first or last day may go on beyond this page.
export function byDay(rows: CallRow[], cutTop: boolean, cutBottom: boolean): Day[] {
  const days: Day[] = [];
  for (const row of rows) {
    const time = Date.parse(row.started_at);
    const key = dayKey(time);
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, head: dayHead(time), counts: '', rows: [] };
      days.push(day);
    }
    day.rows.push(row);
  }
  days.forEach((day, i) => {
    const cut = (i === 0 && cutTop) || (i === days.length - 1 && cutBottom);
    const missed = day.rows.filter(isMissed).length;
    day.counts = plural(day.rows.length, 'call') + (cut ? ' on this page' : '');
    if (missed) day.counts += `, ${missed} missed`;
  });
  return days;
}
