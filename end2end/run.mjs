// Runs the browser tests against the real binary: `node end2end/run.mjs [part of a file's name …]`.
//
// BERTH_BIN names the binary, CHROMIUM the browser; `cargo xtask test` sets both. UPDATE_SCREENS=1 renews the pictures
// of the README. Two files run at a time, each in a process of its own with its own servers.
import { rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const FILES_AT_A_TIME = 2;
const FILE_TIMEOUT_MS = 15 * 60_000;

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const wanted = process.argv.slice(2);

for (const name of ['BERTH_BIN', 'CHROMIUM']) {
  if (!process.env[name]) {
    console.error(`${name} is not set; \`cargo xtask test\` sets it`);
    process.exit(2);
  }
}

const files = ['smoke', 'flows', 'routes']
  .flatMap((folder) => readdirSync(path.join(here, 'tests', folder)).map((name) => path.join(here, 'tests', folder, name)))
  .filter((file) => file.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((part) => file.includes(part))));
if (files.length === 0) {
  console.error(`no test file is called like ${wanted.join(', ')}`);
  process.exit(2);
}

await rm(path.join(here, 'test-results'), { recursive: true, force: true });
const tests = run({ files, concurrency: FILES_AT_A_TIME, timeout: FILE_TIMEOUT_MS });
tests.on('test:fail', () => {
  process.exitCode = 1;
});
// Its last lines count what passed, failed and was skipped.
tests.compose(spec).pipe(process.stdout);
