// What the portal costs, in a real browser: `cargo xtask measure-portal` builds what is measured and runs this.
//
// BERTH_BIN names a release binary, CHROMIUM the browser. Prints the tables of "The portal" in BENCHMARKS.md. Nothing is
// asserted: figures are read, beside others of the same machine.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { ADMIN_PASSWORD, startBerth } from './fixtures/berth.mjs';
import { DESKTOP, signIn, startBrowser, takenOver, visitor } from './fixtures/browser.mjs';
import { registry } from './fixtures/push.mjs';
import { words } from './fixtures/words.mjs';

const PROJECTS = 10_000;
const TAGS = 10_000;
const AT_ONCE = 8;
const WARM_UP = 20;
const REQUESTS = 200;
const VISITS = 5;
const SLOW_DOWN = 4;
const KIB = 1024;
const REPOSITORY = '/projects/shop/app';
const PAGES = {
  'sign in': '/sign-in',
  projects: '/projects',
  'projects, by name, page 50': '/projects?sort=name&page=50',
  repository: REPOSITORY,
  'repository, page 200': `${REPOSITORY}?page=200`,
  'project members': '/projects/shop/-/members',
  users: '/admin/users',
  audit: '/admin/audit',
  settings: '/admin/settings',
};

const berth = await startBerth();
const browser = await startBrowser();
try {
  console.log(`Machine: ${os.cpus().length} × ${os.cpus()[0].model}; load ${os.loadavg()[0].toFixed(2)}; Chromium ${browser.version()}.\n`);
  await fill();
  const cookie = await session();
  await firstBytes(cookie);
  await downloads();
  await readiness();
  await calls();
} finally {
  await browser.close();
  await berth.stop();
}

/** Projects, a repository with many tags, people. */
async function fill() {
  await berth.api('POST', '/projects', { project_name: 'shop', storage_limit: -1 });
  const push = registry(berth);
  const { digest } = await push.image('shop/app', 'v0.0.0');
  await together(PROJECTS - 1, (n) => berth.api('POST', '/projects', { project_name: `project-${n}`, storage_limit: -1 }));
  const path = `/projects/shop/repositories/app/artifacts/${digest}/tags`;
  await together(TAGS - 1, (n) => berth.api('POST', path, { name: `v${Math.floor(n / 100)}.${Math.floor(n / 10) % 10}.${n % 10}-${n}` }));
  for (const name of ['ada', 'grace', 'linus']) await berth.user(name);
}

async function together(count, act) {
  let next = 0;
  const worker = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The cookies of the administrator's session. */
async function session() {
  const page = await visitor(browser, berth);
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  const cookies = await page.context().cookies();
  await page.context().close();
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** How long the server thinks before a page begins to come, and what that costs it. */
async function firstBytes(cookie) {
  const rows = [];
  for (const [name, where] of Object.entries(PAGES)) {
    if (name === 'sign in') continue;
    for (let n = 0; n < WARM_UP; n++) await fetchPage(where, cookie);
    const before = cpuMilliseconds();
    const answers = [];
    for (let n = 0; n < REQUESTS; n++) answers.push(await fetchPage(where, cookie));
    const cpu = (cpuMilliseconds() - before) / REQUESTS;
    const first = answers.map(({ first }) => first).sort((a, b) => a - b);
    rows.push([name, ms(first[REQUESTS / 2]), ms(first[Math.floor(REQUESTS * 0.99)]), ms(cpu), kib(answers[0].bytes)]);
  }
  table(`First byte of a page drawn by the server, one request at a time, ${PROJECTS} projects, ${TAGS} tags`, ['page', 'p50 ms', 'p99 ms', 'server CPU ms', 'HTML KiB'], rows);
}

function fetchPage(where, cookie) {
  return new Promise((done, fail) => {
    const began = performance.now();
    const request = http.get(`${berth.url}${where}`, { headers: { cookie, 'accept-language': 'en' } }, (answer) => {
      if (answer.statusCode !== 200) fail(new Error(`${where}: ${answer.statusCode}`));
      let first;
      let bytes = 0;
      answer.on('data', (piece) => {
        first ??= performance.now() - began;
        bytes += piece.length;
      });
      answer.on('end', () => done({ first, bytes }));
    });
    request.on('error', fail);
  });
}

/** Processor time of the server so far. */
function cpuMilliseconds() {
  const fields = readFileSync(`/proc/${berth.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const TICK_MS = 10;
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** What a browser downloads on its first visit of a page, with nothing in its cache. */
async function downloads() {
  const rows = [];
  for (const [name, where] of Object.entries(PAGES)) {
    const page = await visitor(browser, berth);
    if (name !== 'sign in') await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.clearBrowserCache');
    const sizes = {};
    const kinds = new Map();
    session.on('Network.responseReceived', ({ requestId, response }) => kinds.set(requestId, response.url));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const kind = /\.(wasm|js|css|json|svg)(\?|$)/.exec(kinds.get(requestId) ?? '')?.[1] ?? 'html';
      sizes[kind] = (sizes[kind] ?? 0) + encodedDataLength;
    });
    await page.goto(where);
    await takenOver(page);
    rows.push([name, ...['wasm', 'js', 'css', 'json', 'html'].map((kind) => kib(sizes[kind] ?? 0))]);
    await page.context().close();
  }
  table('Downloaded on the first visit (brotli, with headers), KiB', ['page', 'WASM', 'script', 'style', 'texts', 'HTML'], rows);
}

/** When a page can be used with a slow processor, and what moved on it meanwhile. */
async function readiness() {
  const rows = [];
  for (const [name, where] of Object.entries(PAGES)) {
    const cold = await readyTimes(name, where, true);
    const warm = await readyTimes(name, where, false);
    rows.push([name, ms(cold.painted), ms(cold.ready), ms(warm.painted), ms(warm.ready), Math.max(cold.shift, warm.shift).toFixed(4)]);
  }
  table(`With a processor ${SLOW_DOWN}× slower, medians of ${VISITS} visits`, ['page', 'first paint, nothing cached, ms', 'script at work, ms', 'first paint, cached, ms', 'script at work, ms', 'layout shift'], rows);
}

async function readyTimes(name, where, isCold) {
  const page = await visitor(browser, berth, { viewport: DESKTOP });
  await page.addInitScript(watch);
  if (name !== 'sign in') await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_DOWN });
  await page.goto(where);
  await takenOver(page);
  const seen = [];
  for (let n = 0; n < VISITS; n++) {
    if (isCold) await session.send('Network.clearBrowserCache');
    await page.goto(where);
    await takenOver(page);
    seen.push(await page.evaluate(() => ({ ...globalThis.measured, painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0 })));
  }
  await page.context().close();
  const median = (pick) => seen.map(pick).sort((a, b) => a - b)[Math.floor(VISITS / 2)];
  return { painted: median((one) => one.painted), ready: median((one) => one.ready), shift: Math.max(...seen.map((one) => one.shift)) };
}

/** Runs in the page: sums up what moves, and notes when the script has taken the page over. */
function watch() {
  const measured = { shift: 0, ready: 0 };
  globalThis.measured = measured;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) measured.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  const look = () => {
    if (document.documentElement?.hasAttribute('data-ready')) measured.ready = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** How many calls of the API a list makes when somebody comes to it from another page. */
async function calls() {
  const rows = [];
  const page = await visitor(browser, berth);
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  for (const [name, where] of Object.entries(PAGES)) {
    if (name === 'sign in' || where.includes('?')) continue;
    await page.goto('/account');
    await takenOver(page);
    const asked = [];
    const note = (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/api/')) asked.push(pathname);
    };
    page.on('request', note);
    await page.evaluate((where) => {
      const link = document.createElement('a');
      link.href = where;
      document.querySelector('main').append(link);
      link.click();
    }, where);
    await page.waitForURL((url) => url.pathname === where);
    await page.waitForLoadState('networkidle');
    page.off('request', note);
    rows.push([name, String(asked.length), asked.join(', ')]);
  }
  await page.context().close();
  table('Calls of the API when a page is opened from another', ['page', 'calls', 'which'], rows);
}

function ms(value) {
  return value.toFixed(value < 10 ? 1 : 0);
}

function kib(bytes) {
  return (bytes / KIB).toFixed(1);
}

function table(title, heads, rows) {
  console.log(`### ${title}\n`);
  for (const row of [heads, heads.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
  console.log('');
}
