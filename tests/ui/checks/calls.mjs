// The list: finding a call, filters in the address, keys, the panel.
import { check, expect, until } from '../lib/report.mjs';
import { settings } from '../lib/settings.mjs';

const rows = (page) => page.locator('tr.row');

// The newest call whose recording can be played.
export async function sealedCall(page) {
  const find = async () => {
    const query = settings.number ? `&number=${encodeURIComponent(settings.number)}` : '';
    const answer = await page.request.get(`/api/v1/calls?limit=100${query}`);
    const { calls } = await answer.json();
    return calls.find((call) => call.recording?.state === 'sealed' && call.recording.seconds >= 2);
  };
  let call;
  await until('a sealed recording in the list', async () => (call = await find()), 60);
  return call;
}

export async function calls(page, call) {
  const number = settings.number || call.from.extension || call.from.number;
  await check('searching for a number shows its calls only', async () => {
    await page.goto('/calls');
    await rows(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(number);
    await page.waitForURL((url) => url.searchParams.get('q') === number);
    await page.locator(`[data-call="${call.id}"]`).first().waitFor();
    const shown = await rows(page).count();
    expect(shown > 0, 'nothing was found');
  });
  await check('a search without a match says so', async () => {
    await page.getByLabel('Search calls').fill('zzz no such name');
    await page.getByText('No call matches “zzz no such name”').waitFor();
    await page.keyboard.press('Escape');
    await rows(page).first().waitFor();
  });
  await check('a filter lives in the address and comes back with it', async () => {
    await page.getByLabel('Outcome').selectOption('answered');
    await page.waitForURL((url) => url.searchParams.get('outcome') === 'answered');
    await page.reload();
    await rows(page).first().waitFor();
    expect((await page.getByLabel('Outcome').inputValue()) === 'answered', 'the filter is lost');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.waitForURL((url) => url.search === '');
  });
  await check('J selects a row, the panel shows it, Escape closes it', async () => {
    await page.goto('/calls');
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.getByRole('complementary', { name: 'Selected call' }).waitFor();
    const selected = page.locator('tr.row[aria-selected=true]');
    expect((await selected.count()) === 1, 'not exactly one row is selected');
    expect(await selected.evaluate((row) => row === document.activeElement), 'it has no focus');
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Selected call' }).waitFor({ state: 'detached' });
  });
  await check('? lists the keys', async () => {
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'All keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
}
