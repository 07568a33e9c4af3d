// The words for what keeps recordings safe: pauses, damage, holds, receipts, the disk, exports.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { words, orders, keeping, lanes, recorded, exporting, filters, zone } = await load(`
  export * as words from './src/lib/words';
  export * as orders from './src/lib/orders';
  export * as keeping from './src/lib/keeping';
  export * as lanes from './src/player/lanes';
  export * as recorded from './src/lib/recorded';
  export * as exporting from './src/lib/export_words';
  export * as filters from './src/pages/calls/filters';
  export * as zone from './src/lib/zone';`);
zone.setZone('Europe/Berlin');

const started = Date.parse('2026-11-19T10:42:07Z');
const at = (seconds) => new Date(started + seconds * 1000).toISOString();
const event = (kind, seconds, more = {}) => ({
  at: at(seconds),
  kind,
  leg: null,
  detail: '',
  ...more,
});
const party = { number: '21', display: '21', name: 'Mara Lind', extension: '21', trunk: null };
const brief = (state, more = {}) => ({ state, reason: '', seconds: null, cut: false, ...more });

function call(more = {}) {
  return {
    id: 'c1',
    direction: 'internal',
    from: party,
    to: party,
    answered_by: party,
    started_at: at(0),
    answered_at: at(10),
    ended_at: at(110),
    outcome: 'answered',
    talk_seconds: 100,
    recording: { ...brief('sealed', { seconds: 100 }), started_at: at(10) },
    legs: [],
    events: [],
    trace: [],
    ...more,
  };
}
const live = (recording, more = {}) =>
  call({ ended_at: null, outcome: 'ongoing', recording, ...more });

test('a pause says until when, a call that is never recorded says why', () => {
  const paused = brief('paused', { resumes_at: '2026-11-19T10:45:00Z' });
  assert.equal(words.recordingNote(paused), 'until 11:45:00');
  assert.equal(words.recordingNote(brief('paused', { resumes_at: null })), '');
  assert.equal(words.recordingNote(brief('never', { reason: 'Line 12.' })), 'Line 12.');
  assert.equal(words.recordingNote(brief('recording', { reason: 'Line 12.' })), '');
});

test('events name the person who paused, and the user who listened in', () => {
  const said = (kind, person, detail = '') =>
    words.eventWords({ ...event(kind, 0), detail }, person, 'inbound');
  assert.equal(said('recording_paused', 'Mara Lind (21)'), 'Mara Lind (21) paused the recording');
  assert.equal(said('recording_resumed', null), 'Recording ran again');
  assert.equal(
    said('recording_resumed', null, 'The longest pause was over.'),
    'Recording ran again: The longest pause was over.',
  );
  assert.equal(said('recording_paused', null, 'ada'), 'ada paused the recording');
  assert.equal(said('recording_started', null, 'ada'), 'ada started the recording');
  assert.match(said('recording_opted_out', null), /declined/);
  assert.equal(said('listened', null, 'ada'), 'ada listened in');
  assert.match(said('announcement_played', null), /^Announcement/);
});

test('a transfer is told in the words of the box, and names who joined in the player', () => {
  const moved = event('transferred', 40, {
    leg: 'l2',
    detail: 'Jonas transferred the call to Mara.',
  });
  assert.equal(
    words.eventWords(moved, 'Jonas (24)', 'inbound'),
    'Jonas transferred the call to Mara',
  );
  const joined = { id: 'l3', caller: false, party, answered_at: at(40) };
  const flag = (legs) => lanes.marks(call({ events: [moved], legs }), 100).flags[0];
  assert.deepEqual(flag([joined]), { at: 30, text: 'To Mara Lind' });
  assert.equal(flag([]).text, 'Put through');
});

test('only what can be done to a recording is offered', () => {
  const offered = (recording, more) => orders.orders(live(recording, more)).map((one) => one.word);
  assert.deepEqual(offered(brief('recording')), ['Pause', 'Stop']);
  assert.deepEqual(offered(brief('paused')), ['Resume', 'Stop']);
  assert.deepEqual(offered(brief('off')), ['Start']);
  assert.deepEqual(offered(brief('recording', { can_stop: false })), ['Pause']);
  assert.deepEqual(offered(brief('never')), []);
  assert.deepEqual(offered(brief('announcing')), []);
  assert.deepEqual(offered(brief('recording'), { answered_at: null }), []);
});

test('nobody listens to a call that must never be recorded, nor to one that rings', () => {
  assert.equal(orders.mayBeHeard(live(brief('recording'))), true);
  assert.equal(orders.mayBeHeard(live(brief('never'))), false);
  assert.equal(orders.mayBeHeard(live(brief('recording'), { answered_at: null })), false);
});

test('the store does not talk a pause away, but a missing recording is believed', () => {
  const paused = brief('paused', { since: at(20), resumes_at: null });
  assert.equal(recorded.withNews(paused, brief('recording')).state, 'paused');
  assert.equal(recorded.withNews(paused, brief('missing')).state, 'missing');
  assert.equal(recorded.withNews(null, brief('recording')).state, 'recording');
  const resumed = brief('recording', { since: at(30) });
  assert.equal(recorded.withNews(paused, resumed).state, 'recording');
});

test('before a call is answered its recording is not said to be off', () => {
  const ringing = live(brief('off', { since: null }), { answered_at: null });
  assert.equal(recorded.withRecording(ringing, null).recording, null);
});

test('calls that are not being recorded are counted by their reason', () => {
  const calls = ['recording', 'paused', 'off', 'never', 'never'].map((s) => live(brief(s)));
  assert.equal(recorded.otherwise(calls), '1 paused, 1 off, 2 not to be recorded');
  assert.equal(recorded.otherwise([live(brief('recording'))]), '0 not to be recorded');
});

test('a pause is a stretch of the player, also one that nobody ended', () => {
  const events = [
    event('recording_paused', 30),
    event('recording_resumed', 45),
    event('recording_paused', 100),
  ];
  const { pauses, flags } = lanes.marks(call({ events }), 100);
  assert.deepEqual(pauses, [
    { from: 20, to: 35, word: 'Paused' },
    { from: 90, to: 100, word: 'Paused' },
  ]);
  assert.equal(flags[0].text, 'Paused 0:15');
});

test('between stop and start nothing was recorded; the end of the call is no gap', () => {
  const kinds = { recording_started: 10, recording_ended: 30 };
  const twice = { recording_started: 50, recording_ended: 109.9 };
  const events = [kinds, twice].flatMap((one) =>
    Object.entries(one).map(([kind, seconds]) => event(kind, seconds)),
  );
  assert.deepEqual(lanes.marks(call({ events }), 100).pauses, [
    { from: 20, to: 40, word: 'Not recorded' },
  ]);
});

test('damage is named by its kind', () => {
  const title = (kind) => keeping.damageTitle({ kind, text: '', found_at: at(0) });
  assert.equal(title('changed'), 'This recording was changed outside Ringfort');
  assert.equal(title('truncated'), 'This recording was cut short outside Ringfort');
  assert.equal(title('key_missing'), 'The key of this recording is missing');
  assert.equal(keeping.damageWord({ kind: 'swapped' }), 'Exchanged');
});

test('a hold ends with the chosen day of the box, and says so', () => {
  assert.equal(keeping.endOfDay('2027-03-03'), '2027-03-03T22:59:59.000Z');
  assert.equal(keeping.endOfDay(''), null);
  const hold = { reason: 'Claim', by: 'mara', since: '2026-11-18T09:00:00Z', until: null };
  assert.equal(keeping.holdFacts(hold), 'since 18 Nov 2026 by mara, until somebody lifts it');
});

test('a receipt is one sentence', () => {
  const receipt = { by: 'mara', at: '2026-11-18T09:00:00Z', reason: 'The customer asked.' };
  assert.match(keeping.receiptWords(receipt), /^Deleted by mara, .*10:00: The customer asked\.$/);
});

test('who listened and who took a recording out of the box are told apart', () => {
  assert.equal(keeping.accessWords('recording.played'), 'listened');
  assert.equal(keeping.accessWords('recording.downloaded'), 'downloaded it');
  assert.equal(keeping.leftTheBox('recording.exported'), true);
  assert.equal(keeping.leftTheBox('recording.played'), false);
});

const GB = 1_000_000_000;
const disk = (more = {}) => ({
  total_bytes: 128 * GB,
  free_bytes: 60 * GB,
  reserve_bytes: 2 * GB,
  recordings_bytes: 41 * GB,
  store_bytes: 2 * GB,
  daily_growth_bytes: GB,
  full_in_days: 41.9,
  full_at: at(0),
  retention_days: 92,
  retention_fits: true,
  warning: null,
  ...more,
});

test('how long the disk lasts is said in whole days, and what is not known is not guessed', () => {
  assert.equal(keeping.horizon(disk()), 'Full in 41 days at this rate');
  assert.equal(keeping.horizon(disk({ full_in_days: 1.2 })), 'Full in 1 day at this rate');
  assert.equal(keeping.horizon(disk({ full_in_days: 0.4 })), 'Full within a day at this rate');
  assert.match(keeping.horizon(disk({ daily_growth_bytes: null })), /^Not known yet/);
  assert.match(keeping.horizon(disk({ daily_growth_bytes: 0 })), /does not grow/);
});

test('a disk that is soon full is bad, one that cannot hold the retention is short', () => {
  assert.equal(keeping.horizonState(disk({ full_in_days: 13 })).mark, 'bad');
  assert.equal(keeping.horizonState(disk({ retention_fits: false })).mark, 'warn');
  assert.equal(keeping.horizonState(disk()).mark, 'ok');
  assert.equal(keeping.horizonState(disk({ daily_growth_bytes: null })).mark, 'off');
  assert.match(keeping.retentionWords(disk({ retention_fits: false })), /does not fit/);
  assert.match(keeping.retentionWords(disk({ retention_days: 0 })), /until somebody deletes/);
});

test('the parts of the bar add up to the disk, whatever the box says', () => {
  const sum = (storage) => keeping.diskParts(storage).reduce((all, part) => all + part.bytes, 0);
  assert.equal(sum(disk()), 128 * GB);
  assert.equal(sum(disk({ recordings_bytes: 500 * GB })), 128 * GB);
  assert.equal(sum(disk({ free_bytes: GB })), 128 * GB);
  assert.ok(keeping.diskParts(disk({ free_bytes: 0 })).every((part) => part.bytes > 0));
});

test('an export says how far it is and how it ended', () => {
  const state = (more) =>
    exporting.exportWords({ id: 'e', done: 17, calls: 42, bytes: 61_400_000, text: '', ...more });
  assert.equal(state({ state: 'running' }).title, 'Exporting 17 of 42 calls');
  assert.match(state({ state: 'running' }).detail, /61 MB so far/);
  assert.equal(state({ state: 'done', done: 42 }).title, '42 calls exported, 61 MB');
  assert.match(state({ state: 'stopped' }).title, /17 of 42 calls/);
  assert.equal(state({ state: 'failed', text: 'The disk is full.' }).detail, 'The disk is full.');
});

test('the question before an export names the filters', () => {
  const said = (query) => filters.filterWords(filters.readFilters(new URLSearchParams(query)));
  assert.deepEqual(said(''), []);
  assert.deepEqual(said('q=Auer&direction=inbound&outcome=no_answer&time=7'), [
    'matching “Auer”',
    'incoming',
    'missed',
    'last 7 days',
  ]);
  assert.deepEqual(said('from=2026-11-18&to=2026-11-19'), ['from 18 Nov 2026', 'to 19 Nov 2026']);
});
