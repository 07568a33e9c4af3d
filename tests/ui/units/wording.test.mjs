// The wording rules: times in the zone of the box, durations, sizes, counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { format, zone } = await load(`
  export * as format from './src/lib/format';
  export * as zone from './src/lib/zone';`);
zone.setZone('Europe/Berlin');

test('times are those of the box, not of the reader', () => {
  assert.equal(format.hourMinute('2026-11-19T09:42:07.000Z'), '10:42');
  assert.equal(format.withSeconds('2026-11-19T09:42:07.000Z'), '10:42:07');
  assert.equal(format.hourMinute('2026-07-19T22:05:00.000Z'), '00:05');
});

test('a date carries its year when it is not this one', () => {
  assert.equal(format.date('2019-09-05T12:00:00.000Z'), '5 Sep 2019');
  assert.equal(format.weekdayDate('2019-09-05T12:00:00.000Z'), 'Thu 5 Sep 2019');
});

test('today and yesterday are said, older days are not', () => {
  const now = Date.now();
  assert.match(format.dayHead(now), /^Today, /);
  assert.match(format.dayHead(zone.dayStart(zone.dayKey(now)) - 3_600_000), /^Yesterday, /);
  assert.doesNotMatch(format.dayHead(now - 4 * 86_400_000), /day, \w+ \d/);
});

test('a day begins at midnight there, also when the clocks change', () => {
  const begins = (day) => new Date(zone.dayStart(day)).toISOString();
  assert.equal(begins('2026-03-29'), '2026-03-28T23:00:00.000Z');
  assert.equal(begins('2026-03-30'), '2026-03-29T22:00:00.000Z');
  assert.equal(begins('2026-10-26'), '2026-10-25T23:00:00.000Z');
});

test('durations', () => {
  assert.equal(format.duration(47), '0:47');
  assert.equal(format.duration(12 * 60 + 37.9), '12:37');
  assert.equal(format.duration(3850), '1:04:10');
  assert.equal(format.spoken(98), '1 min 38 s');
  assert.equal(format.spoken(0), '0 s');
  assert.equal(format.spoken(3600), '1 h');
});

test('sizes, counts and shares', () => {
  assert.equal(format.size(61_200), '61 kB');
  assert.equal(format.size(412_000_000), '412 MB');
  assert.equal(format.size(4_600_000_000), '4.6 GB');
  assert.equal(format.count(1284), '1,284');
  assert.equal(format.plural(1, 'call'), '1 call');
  assert.equal(format.percent(0.12), '0.1\u00a0%');
  assert.equal(format.percent(0), '0\u00a0%');
});

test('an unknown zone does not break the page', () => {
  zone.setZone('Nowhere/Land');
  assert.equal(format.hourMinute('2026-11-19T09:42:07.000Z'), '09:42');
  zone.setZone('Europe/Berlin');
});
