// Runs named checks one after the other and counts.
let passed = 0;
let failed = 0;

export async function check(name, work) {
  const began = Date.now();
  try {
    await work();
    passed++;
    console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    failed++;
    console.log(
      `FAIL  ${name}\n      ${String(error.message ?? error)
        .split('\n')
        .join('\n      ')}`,
    );
    return false;
  }
}

export function expect(truth, otherwise) {
  if (!truth) throw new Error(otherwise);
}

// Waits for a condition with a generous limit; the machine may be busy.
export async function until(what, condition, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
