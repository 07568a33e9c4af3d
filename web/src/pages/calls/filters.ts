// The filters of the list: all of them live in the address, so that a list can be sent.
import { date } from '../../lib/format';
import { DIRECTIONS, OUTCOMES } from '../../lib/words';
import { dayKey, dayStart, shiftDay } from '../../lib/zone';
import type { CallRow, Direction, Outcome } from '../../lib/types';

export const PAGE_SIZE = 50;
export const TIMES: [string, string][] = [
  ['', 'any'],
  ['today', 'today'],
  ['yesterday', 'yesterday'],
  ['7', 'last 7 days'],
  ['30', 'last 30 days'],
  ['between', 'between two days'],
];

export interface Filters {
  q: string;
  direction: '' | Direction;
  extension: string;
  outcome: '' | Outcome;
  time: string; // one of TIMES
  from: string; // days, for 'between'
  to: string;
  cursor: string;
}

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

export function readFilters(query: URLSearchParams): Filters {
  const text = (key: string) => query.get(key) ?? '';
  const from = isDay(text('from')) ? text('from') : '';
  const to = isDay(text('to')) ? text('to') : '';
  const time = TIMES.some(([value]) => value === text('time')) ? text('time') : '';
  return {
    q: text('q'),
    direction: text('direction') as Filters['direction'],
    extension: text('extension'),
    outcome: text('outcome') as Filters['outcome'],
    time: from || to ? 'between' : time,
    from,
    to,
    cursor: text('cursor'),
  };
}

export function address(filters: Filters, call: string): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filters)) if (value) query.set(key, value);
  if (call) query.set('call', call);
  const text = query.toString();
  return text ? `/calls?${text}` : '/calls';
}

export function anyFilter(filters: Filters): boolean {
  const { q, direction, extension, outcome, time } = filters;
  return !!(q || direction || extension || outcome || time);
}

// First day wanted and first day no longer wanted.
function days(filters: Filters): { from: string; until: string } {
  const today = dayKey(Date.now());
  switch (filters.time) {
    case 'today':
      return { from: today, until: '' };
    case 'yesterday':
      return { from: shiftDay(today, -1), until: today };
    case 'between':
      return { from: filters.from, until: filters.to ? shiftDay(filters.to, 1) : '' };
    case '':
      return { from: '', until: '' };
    default:
      return { from: shiftDay(today, 1 - Number(filters.time)), until: '' };
  }
}

// A search for digits is a search for a number; anything else is a name.
export function isNumber(text: string): boolean {
  return /^[+0-9 ()/.-]*\d[+0-9 ()/.-]*$/.test(text);
}

export function apiQuery(filters: Filters): URLSearchParams {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  const text = filters.q.trim();
  if (text) query.set(isNumber(text) ? 'number' : 'q', text);
  for (const key of ['direction', 'extension', 'outcome', 'cursor'] as const) {
    if (filters[key]) query.set(key, filters[key]);
  }
  const { from, until } = days(filters);
  if (from) query.set('from', new Date(dayStart(from)).toISOString());
  if (until) query.set('to', new Date(dayStart(until)).toISOString());
  return query;
}

// The filters as a reader would say them, for the question before an export.
export function filterWords(filters: Filters): string[] {
  const { q, direction, extension, outcome, time, from, to } = filters;
  const words: string[] = [];
  if (q.trim()) words.push(`matching “${q.trim()}”`);
  if (direction) words.push(DIRECTIONS[direction].toLowerCase());
  if (extension) words.push(`of extension ${extension}`);
  if (outcome) words.push(OUTCOMES.find(([value]) => value === outcome)?.[1] ?? outcome);
  if (time === 'between') {
    if (from) words.push(`from ${date(dayStart(from), 'always')}`);
    if (to) words.push(`to ${date(dayStart(to), 'always')}`);
  } else if (time) words.push(TIMES.find(([value]) => value === time)?.[1] ?? time);
  return words;
}

// Whether a call that has just begun belongs on the first page. Only what this page can tell
// for certain: a search by words is the box's business.
export function admits(filters: Filters, call: CallRow): boolean {
  if (filters.cursor || filters.q) return false;
  if (filters.direction && filters.direction !== call.direction) return false;
  if (filters.outcome && filters.outcome !== call.outcome) return false;
  const { from, until } = days(filters);
  const started = Date.parse(call.started_at);
  if (from && started < dayStart(from)) return false;
  if (until && started >= dayStart(until)) return false;
  const ours = [call.from, call.to, call.answered_by].map((party) => party?.extension);
  return !filters.extension || ours.includes(filters.extension);
}
