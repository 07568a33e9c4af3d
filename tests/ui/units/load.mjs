// Makes one module of web/src importable here. esbuild comes with Vite, in web/node_modules.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
const esbuild = createRequire(join(web, 'package.json'))('esbuild');

// `entry` is TypeScript that re-exports what a test needs from './src/…'.
export async function load(entry) {
  const folder = await mkdtemp(join(tmpdir(), 'ringfort-web-'));
  const outfile = join(folder, 'module.mjs');
  try {
    await esbuild.build({
      stdin: { contents: entry, resolveDir: web, loader: 'ts' },
      bundle: true,
      format: 'esm',
      outfile,
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
