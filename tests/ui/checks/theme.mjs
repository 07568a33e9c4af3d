import { check, expect } from '../lib/report.mjs';

const ground = (page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

export async function theme(page) {
  await check('the theme can be chosen and is remembered', async () => {
    await page.goto('/calls');
    const light = await ground(page);
    await page.getByText('Light or dark').click();
    await page.getByRole('button', { name: 'Dark', exact: true }).click();
    const dark = await ground(page);
    expect(light !== dark, 'the ground did not change');
    await page.reload();
    await page.getByText('Light or dark').waitFor();
    expect((await ground(page)) === dark, 'it was forgotten');
    await page.getByText('Light or dark').click();
    await page.getByRole('button', { name: 'As the system' }).click();
    expect((await ground(page)) === light, 'it does not follow the system again');
  });
}
