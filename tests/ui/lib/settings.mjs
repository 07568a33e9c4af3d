// What the environment says, checked once.
const env = process.env;

// The link names the machine; the tests reach it where RINGFORT_URL says.
function linkHere(link, url) {
  if (!link || !url) return link;
  const { pathname, hash } = new URL(link);
  return url + pathname + hash;
}

export const settings = {
  url: (
    env.RINGFORT_URL ?? (env.RINGFORT_SETUP_LINK ? new URL(env.RINGFORT_SETUP_LINK).origin : '')
  ).replace(/\/$/, ''),
  setupLink: env.RINGFORT_SETUP_LINK ?? '',
  user: env.RINGFORT_USER ?? 'ada',
  password: env.RINGFORT_PASSWORD ?? 'a few words in a row',
  number: env.RINGFORT_NUMBER ?? '',
  callCommand: env.RINGFORT_CALL_COMMAND ?? '',
  longCallCommand: env.RINGFORT_LONG_CALL_COMMAND ?? '',
  shots: env.RINGFORT_SHOTS ?? '',
  pages: env.RINGFORT_PAGES ?? '',
  chromium: env.CHROMIUM ?? '/usr/bin/chromium',
};

if (!settings.url) {
  console.error('RINGFORT_URL or RINGFORT_SETUP_LINK must say where the daemon listens.');
  process.exit(2);
}

settings.setupLink = linkHere(settings.setupLink, settings.url);
