// Every page in both themes and three widths: axe, no sideways scrolling, pictures.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { enter } from './door.mjs';
import { answer, change, running } from '../lib/answers.mjs';
import { openWindow } from '../lib/browser.mjs';
import { check, expect } from '../lib/report.mjs';
import * as samples from '../lib/samples.mjs';
import { settings } from '../lib/settings.mjs';

const axeSource = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);
const WIDTHS = [1440, 1024, 390];

async function violations(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document));
  return result.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map((n) => `${n.target} ${n.failureSummary ?? ''}`).join('; ')}`,
  );
}

async function look(page, name) {
  if (settings.shots) {
    await page.screenshot({ path: `${settings.shots}/${name}.png` });
  }
  const found = await violations(page);
  expect(found.length === 0, found.join('\n'));
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(sideways <= 0, `the page is ${sideways} px too wide`);
}

// What opens over a page is checked where it opens.
async function opened(page, width) {
  await page.goto('/calls');
  await page.locator('.pl, .tbl').first().waitFor({ state: 'attached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await look(page, `keys-${width}`);
  await page.keyboard.press('Escape');
  await page.getByText(width < 720 ? 'More' : 'Light or dark', { exact: true }).click();
  await page.getByRole('button', { name: 'As the system' }).waitFor();
  await look(page, `theme-${width}`);
}

// States that a short test cannot bring about, and the dialogs that cannot be undone.
async function toldStates(page, call, name) {
  const path = `/calls/${call.id}`;
  const whole = await (await page.request.get(`/api/v1${path}`)).json();
  const origin = Date.parse(whole.recording.started_at ?? whole.answered_at);
  const event = (kind, seconds) => ({
    at: new Date(origin + seconds * 1000).toISOString(),
    kind,
    leg: whole.legs[0].id,
    detail: '',
  });
  const pause = [event('recording_paused', 1), event('recording_resumed', 2)];
  const tell = (recording) =>
    change(page, path, (one) => ({
      ...one,
      events: [...one.events, ...pause],
      recording: { ...one.recording, hash: samples.head.hash, evidence: 1204, ...recording },
    }));
  await check(`a damaged and held call looks right, ${name}`, async () => {
    await tell({ damage: samples.damage, legal_hold: samples.hold });
    await page.goto(path);
    await page.locator('.player canvas').first().waitFor();
    await look(page, `call-damaged-${name}`);
  });
  const dialogs = [
    ['download', 'Download'],
    ['hold', 'Put on hold'],
    ['delete', 'Delete recording'],
  ];
  await tell({ damage: null, legal_hold: null });
  await page.goto(path);
  for (const [what, button] of dialogs) {
    await check(`the dialog "${button}" looks right, ${name}`, async () => {
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      await look(page, `${what}-${name}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  }
  await check(`live calls in every state look right, ${name}`, async () => {
    const states = ['recording', 'paused', 'off', 'never', 'announcing'];
    const calls = states.map((state) => ({
      ...running(whole, { state, reason: state === 'never' ? 'Extension 102 says never.' : '' }),
      id: state,
    }));
    await answer(page, 'GET', '/live', { calls });
    await page.goto('/live');
    await page.getByText('Announcing').first().waitFor({ state: 'attached' });
    await look(page, `live-states-${name}`);
  });
  await check(`a disk that is getting short looks right, ${name}`, async () => {
    await answer(page, 'GET', '/storage', samples.storage);
    await answer(page, 'GET', '/evidence', samples.head);
    await answer(page, 'GET', '/legal-holds', { holds: [{ call: call.id, ...samples.hold }] });
    await page.goto('/storage');
    await page.getByText('The disk is getting short').waitFor();
    await look(page, `storage-short-${name}`);
  });
}

// On a phone a call opens as a page of its own, with the player in reach of the thumb.
async function tapped(page, call) {
  await page.goto('/calls');
  await page.locator(`li button[data-call="${call.id}"]`).first().click();
  await page.waitForURL(`**/calls/${call.id}`);
  const play = page.getByRole('button', { name: 'Play', exact: true });
  await play.waitFor();
  const box = await play.boundingBox();
  expect(box.y + box.height <= 844, 'the play button is out of sight');
}

export async function looks(browser, problems, call) {
  const pages = [
    ['calls', '/calls', '.pl, .tbl'],
    ['panel', `/calls?call=${call.id}`, '.side .hd h2, .pl'],
    ['call', `/calls/${call.id}`, '.player canvas'],
    ['live', '/live', '.readings'],
    ['phones', '/phones', '.pl, .tbl, .empty'],
    ['storage', '/storage', '.bar'],
  ];
  for (const theme of ['light', 'dark']) {
    for (const width of WIDTHS) {
      const { context, page } = await openWindow(browser, problems, { theme, width });
      await check(`sign-in looks right, ${width} ${theme}`, async () => {
        await page.goto('/');
        await page.getByRole('button', { name: 'Go on' }).waitFor();
        await look(page, `sign-in-${width}-${theme}`);
      });
      await enter(page);
      for (const [name, address, ready] of pages) {
        await check(`${name} looks right, ${width} ${theme}`, async () => {
          await page.goto(address);
          await page.locator(ready).first().waitFor({ state: 'attached' });
          await page
            .getByText(/^\d+\/\d+$/)
            .first()
            .waitFor({ state: 'attached' }); // counts are in
          await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
          await look(page, `${name}-${width}-${theme}`);
        });
      }
      if (theme === 'light') {
        await check(`the list of keys and the theme menu look right, ${width}`, () =>
          opened(page, width),
        );
      }
      if (theme === 'light' && width < 720) {
        await check('on a phone a call opens as a page', () => tapped(page, call));
      }
      await toldStates(page, call, `${width}-${theme}`);
      await context.close();
    }
  }
}
