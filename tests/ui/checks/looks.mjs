// Every page in both themes and three widths: axe, no sideways scrolling, pictures.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { enter } from './door.mjs';
import { openWindow } from '../lib/browser.mjs';
import { check, expect } from '../lib/report.mjs';
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
      await context.close();
    }
  }
}
