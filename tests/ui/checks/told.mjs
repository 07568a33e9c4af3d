// States that a short test cannot bring about, told to the pages in place of the box.
import { answer, change, problem, running } from '../lib/answers.mjs';
import { openWindow } from '../lib/browser.mjs';
import { check, expect } from '../lib/report.mjs';
import * as samples from '../lib/samples.mjs';
import { enter } from './door.mjs';

const soon = () => new Date(Date.now() + 170_000).toISOString();

async function liveStates(page, whole) {
  const told = (id, recording) => ({ ...running(whole, recording), id });
  await answer(page, 'GET', '/live', {
    calls: [
      told('paused', { state: 'paused', resumes_at: soon() }),
      told('never', { state: 'never', reason: 'Extension 102 is never recorded.' }),
      told('off', { state: 'off' }),
    ],
  });
  const row = (id) => page.locator(`tr[data-call="${id}"]`);
  await check(
    'each live call says how its recording stands and offers what can be done',
    async () => {
      await page.goto('/live');
      await row('paused').getByText('Paused').waitFor();
      await row('paused')
        .getByText(/^until \d\d:\d\d:\d\d$/)
        .waitFor();
      await row('paused')
        .getByRole('button', { name: /^Resume recording/ })
        .waitFor();
      await row('never').getByText('Extension 102 is never recorded.').waitFor();
      expect(
        (await row('never')
          .getByRole('button', { name: /recording|Listen/ })
          .count()) === 0,
        'a call that is never recorded offers control',
      );
      await row('off')
        .getByRole('button', { name: /^Start recording/ })
        .waitFor();
    },
  );
  await check('a pause that the box refuses is said in its words', async () => {
    const asked = await answer(
      page,
      'PUT',
      '/live/off/recording',
      problem('Not now', 'The caller declined the recording.'),
      409,
    );
    await row('off')
      .getByRole('button', { name: /^Start recording/ })
      .click();
    await page.getByRole('dialog').getByText('The caller declined the recording.').waitFor();
    expect(asked[0]?.state === 'recording', `the box was asked for ${JSON.stringify(asked)}`);
    await page.getByRole('button', { name: 'Close' }).click();
  });
  await check('listening that is refused says why', async () => {
    await answer(
      page,
      'GET',
      '/live/off/audio',
      problem('Enough listeners', 'Four people listen already.'),
      409,
    );
    await row('off')
      .getByRole('button', { name: /^Listen to/ })
      .click();
    await page.getByText('Four people listen already.').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
  });
}

async function damaged(page, whole) {
  const path = `/calls/${whole.id}`;
  await change(page, path, (call) => ({
    ...call,
    recording: { ...call.recording, damage: samples.damage, legal_hold: samples.hold },
  }));
  await check('a damaged recording says so above its player, as an alert', async () => {
    await page.goto(path);
    const alert = page.getByRole('alert').filter({ hasText: 'was changed outside Ringfort' });
    await alert.getByText(samples.damage.text).waitFor();
    const box = await alert.boundingBox();
    const player = await page.getByRole('region', { name: 'Player' }).boundingBox();
    expect(box.y < player.y, 'it does not stand above the player');
  });
  await check('a held recording cannot be deleted, and says why', async () => {
    await page.getByText('It cannot be deleted while it is under legal hold.').waitFor();
    expect(
      (await page.getByRole('button', { name: 'Delete recording' }).count()) === 0,
      'it can be deleted',
    );
    await page.getByText(samples.hold.reason).waitFor();
  });
  await page.unroute((url) => url.pathname === `/api/v1${path}`);
  await check('the list marks the damaged one', async () => {
    await change(page, '/calls', (list) => ({
      ...list,
      calls: list.calls.map((call) =>
        call.id === whole.id
          ? { ...call, recording: { ...call.recording, damage: samples.damage } }
          : call,
      ),
    }));
    await page.goto('/calls');
    await page.locator(`tr[data-call="${whole.id}"]`).getByText('Changed').waitFor();
  });
}

async function disk(page) {
  await check(
    'the storage page says how long the disk lasts and that the retention does not fit',
    async () => {
      await answer(page, 'GET', '/storage', samples.storage);
      await answer(page, 'GET', '/evidence', samples.head);
      await answer(page, 'GET', '/legal-holds', { holds: [{ call: 'c1', ...samples.hold }] });
      await page.goto('/storage');
      await page.getByText('Full in 41 days at this rate').waitFor();
      await page.getByText('61 GB of 128 GB free').waitFor();
      await page.getByText(/That does not fit on this disk/).waitFor();
      await page.getByText('The disk is getting short').waitFor();
      await page.getByText('1 found').waitFor();
      await page.getByRole('link', { name: samples.hold.reason }).waitFor();
      await page.getByText('12,871').waitFor();
    },
  );
  await check('the head of the signed log can be copied whole', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the head of the log' }).click();
    await page.getByRole('button', { name: 'Copied the head of the log' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(text).signature === samples.head.signature, 'the signature is not in it');
  });
  await check(
    'a fresh box says what is not known yet, and what to do about a back-up',
    async () => {
      await answer(page, 'GET', '/storage', samples.roomy);
      await answer(page, 'GET', '/evidence', { ...samples.head, sequence: 0 });
      await answer(page, 'GET', '/legal-holds', { holds: [] });
      await page.goto('/storage');
      await page.getByText('there are too few days to tell the growth').waitFor();
      await page.getByText('No back-up has been made yet.').waitFor();
      await page.getByText('There is no entry yet').waitFor();
    },
  );
  await check('a storage that cannot be read says so and can be asked again', async () => {
    await answer(page, 'GET', '/storage', problem('Slow', 'The disk took 4 s to answer.'), 503);
    await page.goto('/storage');
    await page.getByText('The disk took 4 s to answer.').waitFor();
    await answer(page, 'GET', '/storage', samples.storage);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('61 GB of 128 GB free').waitFor();
  });
}

export async function told(browser, problems, call) {
  const { context, page } = await openWindow(browser, problems);
  await page.goto('/');
  await enter(page);
  const whole = await (await page.request.get(`/api/v1/calls/${call.id}`)).json();
  await liveStates(page, whole);
  await damaged(page, whole);
  await disk(page);
  await context.close();
}
