// Writes a C++ file that holds every file of a folder: node embed_web.mjs FOLDER OUT.cpp
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [folder, out] = process.argv.slice(2);
const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.ico': 'image/x-icon', '.json': 'application/json', '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json',
};
const walk = (at, under = '') => readdirSync(at).sort().flatMap((name) =>
  statSync(join(at, name)).isDirectory()
    ? walk(join(at, name), `${under}/${name}`) : [[`${under}/${name}`, join(at, name)]]);

let arrays = '';
let rows = '';
walk(folder).forEach(([path, file], n) => {
  const bytes = readFileSync(file);
  const packed = gzipSync(bytes, { level: 9 });
  const smaller = packed.length < bytes.length * 0.9;
  arrays += `constexpr unsigned char file${n}[] = {${[...bytes].join(',')}};\n`;
  if (smaller) arrays += `constexpr unsigned char gzip${n}[] = {${[...packed].join(',')}};\n`;
  const view = (name) => `{reinterpret_cast<const char*>(${name}), sizeof(${name})}`;
  const etag = `R"("${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}")"`;
  const type = types[extname(path)] ?? 'application/octet-stream';
  const gzip = smaller ? view(`gzip${n}`) : '{}';
  rows += `    {"${path}", "${type}", ${etag}, ${view(`file${n}`)}, ${gzip}},\n`;
});
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `#include "http/assets.h"

namespace ringfort::http {
namespace {
${arrays}
}  // namespace

std::span<const Asset> assets() {
  static const Asset all[] = {
${rows}  };
  return all;
}

}  // namespace ringfort::http
`);
