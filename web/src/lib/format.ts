// Times, durations, sizes and counts as the pages write them.
import { dayKey, shiftDay, wall } from './zone';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const two = (n: number) => String(n).padStart(2, '0');
const ms = (time: string | number) => (typeof time === 'number' ? time : Date.parse(time));

// "14:31"
export function hourMinute(time: string | number): string {
  const w = wall(ms(time));
  return `${two(w.hour)}:${two(w.minute)}`;
}

// "10:42:07", for events
export function withSeconds(time: string | number): string {
  return `${hourMinute(time)}:${two(wall(ms(time)).second)}`;
}

// "19 Nov", with the year when it is not this one or when it matters
export function date(time: string | number, year: 'auto' | 'always' = 'auto'): string {
  const w = wall(ms(time));
  const short = `${w.day} ${MONTHS[w.month - 1]}`;
  return year === 'always' || w.year !== wall(Date.now()).year ? `${short} ${w.year}` : short;
}

// "Thu 19 Nov 2026"
export function weekdayDate(time: string | number, year: 'auto' | 'always' = 'auto'): string {
  return `${wall(ms(time)).weekday} ${date(time, year)}`;
}

// "Today, Thu 19 Nov"
export function dayHead(time: string | number): string {
  const key = dayKey(ms(time));
  const today = dayKey(Date.now());
  const plain = weekdayDate(time);
  if (key === today) return `Today, ${plain}`;
  return key === shiftDay(today, -1) ? `Yesterday, ${plain}` : plain;
}

// "today 11:20" or "18 Nov 11:20", inside sentences
export function dayAndTime(time: string | number): string {
  const today = dayKey(ms(time)) === dayKey(Date.now());
  return `${today ? 'today' : date(time)} ${hourMinute(time)}`;
}

// The whole truth, for tooltips: "Thu 19 Nov 2026, 10:42:07"
export function fullTime(time: string | number): string {
  return `${weekdayDate(time, 'always')}, ${withSeconds(time)}`;
}

// "0:47", "12:37", "1:04:10"
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = two(whole % 60);
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

// "1 min 38 s", for screen readers and sentences
export function spoken(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const parts = [];
  if (hours) parts.push(`${hours} h`);
  if (minutes % 60) parts.push(`${minutes % 60} min`);
  if (whole % 60 || !parts.length) parts.push(`${whole % 60} s`);
  return parts.join(' ');
}

// "61 kB", "412 MB", "4.6 GB"
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit]}`;
}

// "1,284"
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

// "1 call", "2 calls"
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

// "0.1 %", never broken over two lines
export function percent(value: number): string {
  return `${value.toFixed(value !== 0 && value < 9.95 ? 1 : 0)}\u00a0%`;
}

export function secondsBetween(from: string, to: string | number): number {
  return (ms(to) - ms(from)) / 1000;
}

export function daysUntil(time: string): number {
  return Math.ceil((Date.parse(time) - Date.now()) / 86_400_000);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
