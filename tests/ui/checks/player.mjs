// One call: it plays, seeks, and both voices are drawn.
import { check, expect, until } from '../lib/report.mjs';

const at = async (page) => Number(await page.getByRole('slider').getAttribute('aria-valuenow'));

// How many columns of a lane's canvas hold more than its middle line.
const waveColumns = (page, channel) =>
  page.locator(`[data-lane=${channel}] canvas`).evaluate((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const opaque = (x, y) => data[(y * width + x) * 4 + 3] > 150;
    let columns = 0;
    for (let x = 0; x < width; x++) {
      let inked = 0;
      for (let y = 0; y < height; y++) if (opaque(x, y)) inked++;
      if (inked > height / 8 && inked < height) columns++;
    }
    return columns;
  });

export async function player(page, call) {
  await check('a call opens from the list', async () => {
    await page.goto(`/calls?call=${call.id}`);
    await page.getByRole('link', { name: 'Open call' }).click();
    await page.waitForURL(`**/calls/${call.id}`);
    await page.getByRole('region', { name: 'Player' }).waitFor();
  });
  await check('the waveform is drawn in both lanes', async () => {
    for (const channel of ['left', 'right']) {
      await until(
        `a wave in the ${channel} lane`,
        async () => (await waveColumns(page, channel)) > 3,
      );
    }
  });
  await check('it plays: the position moves on', async () => {
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await until('the position at 1 s', async () => (await at(page)) >= 1);
    await page.keyboard.press('Space'); // the play button has the focus
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  });
  await check('the position is a slider for the keyboard', async () => {
    const slider = page.getByRole('slider');
    await slider.focus();
    await page.keyboard.press('End');
    const end = await at(page);
    expect(end === Number(await slider.getAttribute('aria-valuemax')), 'End is not the end');
    await page.keyboard.press('Home');
    expect((await at(page)) === 0, 'Home is not the start');
    expect(/ of /.test(await slider.getAttribute('aria-valuetext')), 'no words for the position');
  });
  await check('seeking by pointer takes the audio along', async () => {
    const box = await page.getByRole('slider').boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const there = await at(page);
    expect(there > 0, 'the position did not move');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await until('it plays on from there', async () => {
      const now = await at(page);
      return now > there || now === Math.round(call.recording.seconds);
    });
    const pause = page.getByRole('button', { name: 'Pause', exact: true });
    if (await pause.isVisible()) await pause.click();
  });
  await check('one voice alone, speed, and the download offer', async () => {
    const voices = page.getByRole('group', { name: 'Voices' }).getByRole('button');
    await voices.nth(1).click();
    expect(
      (await voices.nth(1).getAttribute('aria-pressed')) === 'true',
      'the voice is not chosen',
    );
    await page.getByRole('button', { name: '2×' }).click();
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const link = page.getByRole('dialog').getByRole('link', { name: 'Download' });
    const answer = await page.request.get(await link.getAttribute('href'));
    expect(answer.status() === 200, `the download answers ${answer.status()}`);
    expect(/attachment/.test(answer.headers()['content-disposition'] ?? ''), 'not a download');
    await page.keyboard.press('Escape');
  });
  await check('the page says why, what happened and how it sounded', async () => {
    for (const name of ['Why did this call go there?', 'What happened', 'How it sounded']) {
      await page.getByRole('heading', { name }).waitFor();
    }
    expect((await page.locator('#why li').count()) > 0, 'no step of the route');
    expect((await page.locator('#events li').count()) > 1, 'no events');
  });
}
