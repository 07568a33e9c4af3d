// Control of a recording while its call runs, and listening in. All by the real box.
import { placeCall } from '../lib/call.mjs';
import { check, expect, until } from '../lib/report.mjs';
import { settings } from '../lib/settings.mjs';

const row = (page) => page.locator('table tbody tr[data-call]').first();
const press = (page, name) => row(page).getByRole('button', { name }).click();
const shows = (page, word) => row(page).getByText(word, { exact: true }).waitFor();

export async function control(page) {
  if (!settings.longCallCommand) return;
  await page.goto('/live');
  await until('no call from before', async () => (await row(page).count()) === 0);
  const call = placeCall(settings.longCallCommand);
  let id;
  await check('a recording is paused and resumed on the live page', async () => {
    await shows(page, 'Talking');
    id = await row(page).getAttribute('data-call');
    await shows(page, 'Recording');
    await press(page, /^Pause recording/);
    await shows(page, 'Paused');
    await press(page, /^Resume recording/);
    await shows(page, 'Recording');
  });
  await check('listening in plays the call, says so, and stops', async () => {
    await press(page, /^Listen to/);
    await page.getByText(/You are listening to .*noted in the call's record/).waitFor();
    // "Joining" until the browser plays what it was sent
    await page.locator('.toast .name', { hasText: /^Listening/ }).waitFor();
    await page.getByRole('button', { name: 'Stop listening' }).click();
    await page.getByText(/You are listening to/).waitFor({ state: 'detached' });
  });
  await check('a call that is always recorded offers no stop', async () => {
    expect(
      (await row(page)
        .getByRole('button', { name: /^Stop recording/ })
        .count()) === 0,
      'it does',
    );
  });
  await row(page)
    .getByRole('button', { name: /^Hang up/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Hang up' }).click();
  await call.over;
  await check('the call tells who paused, and who listened in', async () => {
    await page.goto(`/calls/${id}`);
    const events = page.locator('#events');
    await events
      .getByText(/paused/i)
      .first()
      .waitFor();
    await events
      .getByText(/ran again|run again/)
      .first()
      .waitFor();
    await events.getByText(new RegExp(`${settings.user}.* listened in`)).waitFor();
    await page
      .locator('.flag', { hasText: 'Paused' })
      .first()
      .waitFor();  // the player comes when the recording is sealed
  });
}
