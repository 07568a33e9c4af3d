// Answers in place of the box, for states that a short test cannot bring about: a damaged file, a
// disk that is nearly full, a pause of minutes.

const matches = (path) => (url) => url.pathname === `/api/v1${path}`;

// Answers every request of one method to a path, and keeps what was asked.
export async function answer(page, method, path, body, status = 200) {
  const asked = [];
  await page.route(matches(path), async (route) => {
    if (route.request().method() !== method) return route.fallback();
    asked.push(route.request().postDataJSON());
    if (status === 204) return route.fulfill({ status });
    const contentType = status < 400 ? 'application/json' : 'application/problem+json';
    await route.fulfill({ status, contentType, body: JSON.stringify(body) });
  });
  return asked;
}

// Lets the box answer and changes what it said.
export async function change(page, path, alter) {
  await page.route(matches(path), async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const response = await route.fetch();
    await route.fulfill({ response, json: alter(await response.json()) });
  });
}

export const problem = (title, detail) => ({ title, detail });

// A finished call as it was while it ran.
export function running(call, recording) {
  const legs = call.legs.map((leg) => ({ ...leg, ended_at: null, outcome: 'ongoing' }));
  const begun = new Date(Date.now() - 64_000).toISOString();
  return {
    ...call,
    legs,
    started_at: begun,
    answered_at: begun,
    ended_at: null,
    outcome: 'ongoing',
    talk_seconds: null,
    events: [],
    recording: {
      reason: '',
      seconds: null,
      cut: false,
      since: begun,
      resumes_at: null,
      ...recording,
    },
  };
}
