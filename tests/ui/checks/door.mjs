// Getting in: the set-up link, signing in, signing out.
import { check, expect } from '../lib/report.mjs';
import { settings } from '../lib/settings.mjs';

const fill = async (page, name, password) => {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
};

export async function setUp(page) {
  if (!settings.setupLink) return;
  await check('the set-up link refuses a short password and says how long it must be', async () => {
    await page.goto(settings.setupLink);
    await fill(page, settings.user, 'short');
    await page.getByLabel('Password again').fill('short');
    await page.getByRole('button', { name: 'Create the owner' }).click();
    await page.getByText('At least 10 characters; this has 5.').waitFor();
  });
  await check('the set-up link makes the owner and signs in', async () => {
    await fill(page, settings.user, settings.password);
    await page.getByLabel('Password again').fill(settings.password);
    await page.getByRole('button', { name: 'Create the owner' }).click();
    await page.getByRole('heading', { name: 'Keep the recovery key' }).waitFor();
  });
  await check(
    'the recovery key is shown once, and the set-up goes on when it is kept',
    async () => {
      const key = await page.getByLabel('Recovery key').innerText();
      expect(/^(\S+\s+){3,}\S+$/.test(key.trim()), `this is no key: ${key}`);
      const on = page.getByRole('button', { name: 'I have kept it' });
      expect(await on.isDisabled(), 'one can go on without keeping it');
      await page.getByLabel(/I have printed it/).check();
      await on.click();
      await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor();
      expect(!page.url().includes('#'), 'the token is still in the address');
    },
  );
  await check('the same link cannot be used again', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    await page.goto('about:blank');
    await page.goto(settings.setupLink);
    await page.getByText('This box has been set up already').waitFor();
  });
}

export async function enter(page) {
  await fill(page, settings.user, settings.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor();
}

export async function signIn(page) {
  await check('a wrong password is refused in words', async () => {
    await page.goto('/');
    await fill(page, settings.user, 'not the password');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Name and password do not match.').waitFor();
  });
  return check('the right password opens the calls', () => enter(page));
}

export async function signOut(page) {
  await check('signing out closes every page', async () => {
    await page.goto('/live');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    await page.goto('/calls');
    await page.getByRole('button', { name: 'Go on' }).waitFor();
  });
}
