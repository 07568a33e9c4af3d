// What the pages make of a call: names, outcomes, filters, lanes, holds, silences.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { party, words, filters, days, lanes, wave, recorded, zone } = await load(`
  export * as party from './src/lib/party';
  export * as words from './src/lib/words';
  export * as filters from './src/pages/calls/filters';
  export * as days from './src/pages/calls/days';
  export * as lanes from './src/player/lanes';
  export * as wave from './src/player/wave';
  export * as recorded from './src/lib/recorded';
  export * as zone from './src/lib/zone';`);
zone.setZone('UTC');

const outside = {
  number: '+493023125418',
  display: '030 23125 418',
  name: 'Silke Auer',
  extension: null,
  trunk: 'Berlin',
};
const inside = { number: '21', display: '21', name: 'Mara Lind', extension: '21', trunk: null };
const started = Date.parse('2026-11-19T10:42:07Z');
const at = (seconds) => new Date(started + seconds * 1000).toISOString();

function call(more = {}) {
  return {
    id: 'c1',
    direction: 'inbound',
    from: outside,
    to: inside,
    answered_by: inside,
    started_at: at(0),
    answered_at: at(14),
    ended_at: at(114),
    outcome: 'answered',
    talk_seconds: 100,
    recording: { state: 'sealed', reason: '', seconds: 100, cut: false, started_at: at(14) },
    legs: [],
    events: [],
    trace: [],
    ...more,
  };
}
const query = (text) => filters.readFilters(new URLSearchParams(text));

test('name before number, and the +49 form for copying', () => {
  assert.deepEqual(party.who(outside), {
    name: 'Silke Auer',
    number: '030\u00a023125\u00a0418',
    copy: '+493023125418',
  });
  assert.equal(party.withNumber(inside), 'Mara Lind (21)');
});

test('a caller without a number is "Number withheld"', () => {
  const withheld = { number: '', display: '', name: '', extension: null, trunk: 'Berlin' };
  assert.equal(party.withNumber(withheld), 'Number withheld');
});

test('only a call from outside that nobody took is missed', () => {
  const unanswered = { outcome: 'no_answer', answered_at: null };
  assert.equal(words.outcomeState(call(unanswered)).word, 'Missed');
  assert.equal(
    words.outcomeState(call({ ...unanswered, direction: 'internal' })).word,
    'No answer',
  );
  assert.equal(words.outcomeState(call({ ...unanswered, direction: 'internal' })).mark, null);
});

test('a call on hold says so until it is taken back', () => {
  const running = { outcome: 'ongoing', ended_at: null };
  const held = { at: at(20), kind: 'held', leg: null, detail: '' };
  const resumed = { at: at(30), kind: 'resumed', leg: null, detail: '' };
  assert.equal(words.outcomeState(call({ ...running, events: [held] })).word, 'On hold');
  assert.equal(words.outcomeState(call({ ...running, events: [held, resumed] })).word, 'Talking');
  assert.equal(words.outcomeState(call({ ...running, answered_at: null })).word, 'Ringing');
});

test('the length of a call is talk time; ringing is marked as such', () => {
  assert.deepEqual(words.callLength(call(), 0), { text: '1:40', ringing: false });
  const missed = call({ outcome: 'no_answer', answered_at: null, ended_at: at(38) });
  assert.deepEqual(words.callLength(missed, 0), { text: '0:38', ringing: true });
  const busy = call({ outcome: 'busy', answered_at: null, ended_at: at(1) });
  assert.equal(words.callLength(busy, 0), null);
});

test('digits search numbers, anything else searches names', () => {
  const sent = (text) => filters.apiQuery(query(`q=${encodeURIComponent(text)}`));
  assert.equal(sent('030 23125').get('number'), '030 23125');
  assert.equal(sent('+49 (30) 231').get('number'), '+49 (30) 231');
  assert.equal(sent('Auer').get('q'), 'Auer');
  assert.equal(sent('Room 12').get('q'), 'Room 12');
});

test('two days become whole days of the box', () => {
  const sent = filters.apiQuery(query('from=2026-11-18&to=2026-11-19'));
  assert.equal(sent.get('from'), '2026-11-18T00:00:00.000Z');
  assert.equal(sent.get('to'), '2026-11-20T00:00:00.000Z');
});

test('nonsense in the address is no filter', () => {
  assert.equal(filters.anyFilter(query('time=tomorrow&from=2026-99-99')), false);
});

test('filters survive the way through the address', () => {
  const before = query('q=Auer&direction=inbound&outcome=answered&time=7');
  const there = new URL(filters.address(before, 'c1'), 'https://box').searchParams;
  assert.deepEqual(filters.readFilters(there), before);
  assert.equal(there.get('call'), 'c1');
});

test('a new call joins the list only when the filters admit it', () => {
  assert.equal(filters.admits(query(''), call()), true);
  assert.equal(filters.admits(query('direction=outbound'), call()), false);
  assert.equal(filters.admits(query('extension=21'), call()), true);
  assert.equal(filters.admits(query('extension=24'), call()), false);
  assert.equal(filters.admits(query('cursor=x'), call()), false);
});

test('the count of a day that goes on elsewhere says what it counts', () => {
  const missed = call({ id: 'c2', outcome: 'no_answer', answered_at: null });
  assert.equal(days.byDay([call(), missed], false, false)[0].counts, '2 calls, 1 missed');
  assert.equal(days.byDay([call()], false, true)[0].counts, '1 call on this page');
});

test('outside is above, inside below, whoever called', () => {
  const [top, bottom] = lanes.lanes(call());
  assert.deepEqual([top.channel, top.colour, bottom.channel], ['left', 'out', 'right']);
  const out = call({ direction: 'outbound', from: inside, to: outside, answered_by: outside });
  const [above, below] = lanes.lanes(out);
  assert.deepEqual([above.channel, above.colour, above.name], ['right', 'out', 'Silke Auer']);
  assert.deepEqual([below.channel, below.colour], ['left', 'in']);
  const within = lanes.lanes(call({ direction: 'internal', from: inside }));
  assert.deepEqual(
    within.map((lane) => lane.colour),
    ['in', 'in'],
  );
});

test('a hold is a span of the recording, also when the call ends in it', () => {
  const event = (kind, seconds) => ({ at: at(seconds), kind, leg: null, detail: '' });
  const events = [event('held', 34), event('resumed', 44), event('held', 94)];
  const { holds, flags } = lanes.marks(call({ events }), 100);
  assert.deepEqual(holds, [
    { from: 20, to: 30 },
    { from: 80, to: 100 },
  ]);
  assert.equal(flags[0].text, 'Hold 0:10');
});

test('silence is where neither speaks for long enough', () => {
  const spoken = (from, to) =>
    Array.from({ length: 100 }, (_, i) => (i >= from && i < to ? 90 : 0));
  const found = wave.silences({
    points: 100,
    seconds: 20,
    left: spoken(0, 30),
    right: spoken(60, 100),
  });
  assert.equal(found.length, 1);
  assert.ok(Math.abs(found[0].from - 6.3) < 1e-9 && Math.abs(found[0].to - 11.7) < 1e-9);
});

test('news of a live call without its recording does not lose what was known', () => {
  const brief = { state: 'recording', reason: '', seconds: null, cut: false };
  const running = call({ recording: null });
  assert.equal(recorded.withRecording(running, brief).recording, brief);
  assert.equal(recorded.withRecording(running, null).recording, null);
  const begun = call({ recording: null, events: [{ kind: 'recording_started' }] });
  assert.equal(recorded.withRecording(begun, null).recording.state, 'recording');
});
