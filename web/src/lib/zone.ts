// Calendar and clock in the box's time zone, whatever the zone of the reader's machine.

let zone = 'UTC';
const formats = new Map<string, Intl.DateTimeFormat>();

export function setZone(name: string): void {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    zone = name;
  } catch {
    zone = 'UTC'; // a zone that this browser does not know
  }
  formats.clear();
}

export interface Wall {
  year: number;
  month: number; // 1 to 12
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: string; // "Thu"
}

function format(): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    weekday: 'short',
  });
  formats.set(zone, made);
  return made;
}

export function wall(time: number): Wall {
  const part: Record<string, string> = {};
  for (const { type, value } of format().formatToParts(time)) part[type] = value;
  const number = (key: string) => Number(part[key]);
  return {
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
    weekday: part.weekday ?? '',
  };
}

const two = (n: number) => String(n).padStart(2, '0');

// "2026-11-19": the calendar day there, for grouping and comparing.
export function dayKey(time: number): string {
  const w = wall(time);
  return `${w.year}-${two(w.month)}-${two(w.day)}`;
}

// The instant at which a calendar day begins there. Two rounds settle days when clocks change.
export function dayStart(key: string): number {
  const target = Date.parse(`${key}T00:00:00Z`);
  let guess = target;
  for (let round = 0; round < 2; round++) {
    const w = wall(guess);
    const shown = Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second);
    guess += target - shown;
  }
  return guess;
}

export function shiftDay(key: string, days: number): string {
  return new Date(Date.parse(`${key}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
