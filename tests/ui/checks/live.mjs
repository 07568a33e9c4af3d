// A live call appears by itself, ends by itself, and can be hung up.
import { check, expect, until } from '../lib/report.mjs';
import { placeCall } from '../lib/call.mjs';
import { settings } from '../lib/settings.mjs';

const liveRows = (page) => page.locator('table tbody tr[data-call]');

export async function connection(page) {
  await check('a lost connection is said, and mended by itself', async () => {
    await page.route('**/api/v1/events', (route) => route.abort());
    await page.goto('/live');
    await page.getByText(/Not connected to the box since/).waitFor();
    await page.unroute('**/api/v1/events');
    await page.getByText(/Not connected to the box since/).waitFor({ state: 'detached' });
    await page.getByText('Up to date').waitFor();
  });
}

export async function live(page) {
  if (!settings.callCommand) return;
  await check('a live call appears in the list, is recorded, and ends as answered', async () => {
    await page.goto('/calls');
    await page.getByText('Newest first').waitFor();
    const before = await page
      .locator('tr.row')
      .evaluateAll((all) => all.map((r) => r.dataset.call));
    const call = placeCall();
    let id;
    await until('a new row', async () => {
      const now = await page.locator('tr.row').evaluateAll((all) => all.map((r) => r.dataset.call));
      id = now.find((one) => !before.includes(one));
      return id;
    });
    const row = page.locator(`tr[data-call="${id}"]`);
    await until('it talks', async () => /Talking/.test(await row.innerText()));
    const { code, said } = await call.over;
    expect(code === 0, `the call command ended with ${code}: ${said.slice(-400)}`);
    await until('it has ended', async () => /Answered/.test(await row.innerText()));
    await until('its recording is sealed', async () => /Sealed/.test(await row.innerText()), 60);
  });
  await check('a new call waits while the pointer is on a row, and says so', async () => {
    await page.goto('/calls');
    const first = page.locator('tr.row').first();
    await first.hover();
    const top = await first.getAttribute('data-call');
    const call = placeCall();
    await page.getByRole('button', { name: 'Show a new call' }).waitFor();
    expect((await first.getAttribute('data-call')) === top, 'the row under the pointer moved');
    await page.mouse.move(5, 5);
    await until('the new call on top', async () => (await first.getAttribute('data-call')) !== top);
    await call.over;
  });
  await check('the live page shows a call and hangs it up after asking', async () => {
    await page.goto('/live');
    await until('no call from before', async () => (await liveRows(page).count()) === 0);
    const call = placeCall();
    await until('the call', async () => (await liveRows(page).count()) === 1);
    await until('it talks', async () => /Talking/.test(await liveRows(page).first().innerText()));
    await liveRows(page)
      .first()
      .getByRole('button', { name: /^Hang up/ })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Hang up for both people?' });
    await dialog.getByText(/have been talking for/).waitFor();
    const safe = dialog.getByRole('button', { name: 'Let them talk' });
    expect(
      await safe.evaluate((button) => button === document.activeElement),
      'the safe answer has no focus',
    );
    await dialog.getByRole('button', { name: 'Hang up' }).click();
    await until('the call is gone', async () => (await liveRows(page).count()) === 0);
    await call.over;
  });
}
