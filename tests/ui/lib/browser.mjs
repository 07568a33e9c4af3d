// Chromium with the switches that keep it quiet on a closed network.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { settings } from './settings.mjs';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

export const openBrowser = () =>
  chromium.launch({ executablePath: settings.chromium, args: FLAGS });

// Pages built elsewhere in place of those in the daemon, under the same headers.
async function otherPages(page) {
  const files = (url) => url.origin === settings.url && !url.pathname.startsWith('/api/');
  await page.route(files, async (route) => {
    const { pathname } = new URL(route.request().url());
    const asset = /\.\w+$/.test(pathname);
    const path = join(settings.pages, asset ? pathname : 'index.html');
    const headers = (await route.fetch({ url: `${settings.url}/` })).headers();
    for (const name of ['content-encoding', 'content-length', 'content-type']) delete headers[name];
    await route.fulfill({ path, headers });
  });
}

// A window of its own: cookies, size, theme. Page errors and refused content fail the run.
export async function openWindow(browser, problems, { theme = 'light', width = 1440 } = {}) {
  const context = await browser.newContext({
    baseURL: settings.url,
    ignoreHTTPSErrors: true, // the certificate is the generated one
    colorScheme: theme,
    viewport: { width, height: width < 720 ? 844 : 1000 },
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  if (settings.pages) await otherPages(page);
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  page.on('request', (request) => {
    const from = new URL(request.url());
    const inside = from.origin === settings.url || ['data:', 'blob:'].includes(from.protocol);
    if (!inside) problems.push(`asked outside: ${from.origin}`);
  });
  return { context, page };
}
