// What may be done with a kept recording: taken out, held, deleted. All by the real box.
import { readFile } from 'node:fs/promises';
import { check, expect, until } from '../lib/report.mjs';

const dialog = (page) => page.getByRole('dialog');

async function download(page, choose) {
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  await choose(dialog(page));
  const waiting = page.waitForEvent('download');
  await dialog(page).getByRole('link', { name: 'Download' }).click();
  const file = await waiting;
  const bytes = await readFile(await file.path());
  return { name: file.suggestedFilename(), bytes };
}

const begins = (bytes, text, at = 0) =>
  bytes.subarray(at, at + text.length).toString('latin1') === text;
const HEADS = {
  WAV: (bytes) => begins(bytes, 'RIFF'),
  MP3: (bytes) => begins(bytes, 'ID3') || (bytes[0] === 0xff && (bytes[1] & 0xe0) === 0xe0),
  AAC: (bytes) => begins(bytes, 'ftyp', 4) || (bytes[0] === 0xff && (bytes[1] & 0xf0) === 0xf0),
  Opus: (bytes) => begins(bytes, 'OggS'),
  'Ogg Vorbis': (bytes) => begins(bytes, 'OggS'),
};

export async function downloads(page, call) {
  for (const [format, fits] of Object.entries(HEADS)) {
    await check(`a call can be downloaded as ${format}`, async () => {
      await page.goto(`/calls/${call.id}`);
      const { name, bytes } = await download(page, async (box) => {
        const numbers = box.getByLabel('With numbers');
        expect(!(await numbers.isChecked()), 'numbers are on without being asked for');
        await box.getByRole('radio', { name: format }).check();
        await box.getByRole('radio', { name: 'One channel' }).check();
      });
      expect(bytes.length > 1000, `${name} has ${bytes.length} bytes`);
      expect(fits(bytes), `${name} begins with ${bytes.subarray(0, 12).toString('hex')}`);
      expect(/^[-0-9a-f]+\.\w+$/.test(name), `more than the call's id is in the name: ${name}`);
    });
  }
  await check('a call can be downloaded as vCon with its audio', async () => {
    await page.goto(`/calls/${call.id}`);
    const { bytes } = await download(page, (box) =>
      box.getByRole('button', { name: 'vCon' }).click(),
    );
    const vcon = JSON.parse(bytes.toString());
    expect(vcon.dialog?.[0]?.body?.length > 1000, 'there is no audio in it');
  });
}

export async function bulkExport(page) {
  await check('the filtered list is exported as one archive, with its progress', async () => {
    await page.goto('/calls?outcome=answered');
    await page.locator('tr.row').first().waitFor();
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await dialog(page).getByText('All calls with a recording: answered.').waitFor();
    await dialog(page).getByRole('radio', { name: 'MP3' }).check();
    const waiting = page.waitForEvent('download');
    await dialog(page).getByRole('button', { name: 'Export' }).click();
    const file = await waiting;
    await dialog(page)
      .getByText(/^\d+ calls? exported, /)
      .waitFor({ timeout: 60_000 });
    const bytes = await readFile(await file.path());
    expect(begins(bytes, 'PK'), 'the archive is no ZIP');
    await dialog(page).getByRole('button', { name: 'Close' }).click();
    await dialog(page).waitFor({ state: 'detached' });
  });
}

export async function holdAndDelete(page, call) {
  const facts = page.locator('#recording');
  await check('a call is put under legal hold only with a reason', async () => {
    await page.goto(`/calls/${call.id}`);
    await facts.getByRole('button', { name: 'Put on hold' }).click();
    await dialog(page).getByRole('button', { name: 'Put on hold' }).click();
    await dialog(page).getByText('Say why, in a few words.').waitFor();
    await dialog(page).getByLabel('Reason').fill('Claim 2026-114');
    await dialog(page).getByRole('button', { name: 'Put on hold' }).click();
    await facts.getByText('Claim 2026-114').waitFor();
    await facts.getByText('It cannot be deleted while it is under legal hold.').waitFor();
  });
  await check('the hold is in the list of calls and on the storage page', async () => {
    await page.goto('/calls');
    await page.locator(`tr[data-call="${call.id}"]`).getByText('Held').waitFor();
    await page.goto('/storage');
    await page.getByRole('link', { name: 'Claim 2026-114' }).click();
    await page.waitForURL(`**/calls/${call.id}`);
  });
  await check('a hold is lifted after asking, the safe answer first', async () => {
    await facts.getByRole('button', { name: 'Lift' }).click();
    const keep = dialog(page).getByRole('button', { name: 'Keep the hold' });
    expect(await keep.evaluate((button) => button === document.activeElement), 'it has no focus');
    await dialog(page).getByLabel('Why it is lifted').fill('Settled');
    await dialog(page).getByRole('button', { name: 'Lift the hold' }).click();
    await facts.getByRole('button', { name: 'Put on hold' }).waitFor();
  });
  await check('a recording is deleted with a reason, and its receipt is shown', async () => {
    await facts.getByRole('button', { name: 'Delete recording' }).click();
    await dialog(page).getByText('What stays').waitFor();
    const remove = dialog(page).getByRole('button', { name: 'Delete it' });
    expect(await remove.isDisabled(), 'it can be deleted without a reason');
    await dialog(page).getByLabel('Reason').fill('The customer asked');
    await remove.click();
    await page.getByText('The recording is gone').waitFor();
    await facts.getByText('Receipt', { exact: true }).waitFor();
    await facts.getByText('The customer asked', { exact: true }).waitFor();
    expect((await page.getByRole('region', { name: 'Player' }).count()) === 0, 'it still plays');
    const audio = await page.request.get(`/api/v1/calls/${call.id}/recording`);
    expect(audio.status() >= 400, `its audio answers ${audio.status()}`);
  });
}

export async function storagePage(page) {
  await check('the storage page tells the state of this box', async () => {
    await page.goto('/storage');
    await page.getByText(/ free$/).waitFor();
    await page.getByRole('heading', { name: 'Signed log' }).waitFor();
    await page.getByRole('heading', { name: 'Legal holds' }).waitFor();
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export the log' }).click();
    const lines = (await readFile(await (await waiting).path(), 'utf8')).trim().split('\n');
    expect(lines.length >= 1, 'the log is empty');
    for (const line of lines) JSON.parse(line);
  });
  await check('a new recovery key is shown once, after asking', async () => {
    await page.getByRole('button', { name: 'Make a new recovery key' }).click();
    await dialog(page).getByRole('button', { name: 'Make a new one' }).click();
    await dialog(page).getByLabel('Recovery key').waitFor();
    await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
    await until('the dialog to close', async () => (await dialog(page).count()) === 0);
  });
}
