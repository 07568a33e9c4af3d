import { mkdir } from 'node:fs/promises';
import { calls, sealedCall } from './checks/calls.mjs';
import { setUp, signIn, signOut } from './checks/door.mjs';
import { connection, live } from './checks/live.mjs';
import { control } from './checks/control.mjs';
import { bulkExport, downloads, holdAndDelete, storagePage } from './checks/keeping.mjs';
import { looks } from './checks/looks.mjs';
import { player } from './checks/player.mjs';
import { told } from './checks/told.mjs';
import { theme } from './checks/theme.mjs';
import { openBrowser, openWindow } from './lib/browser.mjs';
import { check, expect, finish } from './lib/report.mjs';
import { settings } from './lib/settings.mjs';

if (settings.shots) await mkdir(settings.shots, { recursive: true });
const browser = await openBrowser();
const problems = [];
try {
  const { page } = await openWindow(browser, problems);
  await setUp(page);
  if (await signIn(page)) {
    await live(page);
    let call;
    await check('there is a recorded call to look at', async () => {
      call = await sealedCall(page);
    });
    if (call) {
      await calls(page, call);
      await player(page, call);
      await theme(page);
      await downloads(page, call);
      await bulkExport(page);
      await control(page);
      await storagePage(page);
      await connection(page);
      await told(browser, problems, call);
      await looks(browser, problems, call);
      await holdAndDelete(page, call);
    }
    await signOut(page);
  }
  await check('no page error, nothing refused, nothing asked from outside', async () => {
    expect(problems.length === 0, problems.join('\n'));
  });
} finally {
  await browser.close();
}
finish();
