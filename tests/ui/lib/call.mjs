// Places a call by the command of the harness and sees to its end.
import { spawn } from 'node:child_process';
import { settings } from './settings.mjs';

export function placeCall(command = settings.callCommand) {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (said += text));
  const over = new Promise((done) => child.on('close', (code) => done({ code, said })));
  return { over };
}
