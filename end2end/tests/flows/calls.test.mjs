// No page has an API of its own: what it asks for stands at its end as commands, and each of them is an operation that is
// described for everybody and answers as it stands.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD, basic } from '../../fixtures/berth.mjs';
import { signIn, startBrowser, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { shape } from '../../fixtures/pages.mjs';
import { words } from '../../fixtures/words.mjs';

/** Where the walk begins; it follows every link to a page of the portal. */
const STARTS = [
  '/projects',
  '/search?q=team',
  '/account',
  '/admin/users',
  '/projects/team/web/api/-/bulk?kind=tags&act=delete&all=1',
  '/projects/team/-/members/explain?user=grace&action=push',
];
const PAGES_MIN = 70;
const PAGES_MAX = 250;

const openapi = JSON.parse(readFileSync(new URL('../../../server/docs/openapi.json', import.meta.url), 'utf8'));
const OPERATIONS = Object.entries(openapi.paths).flatMap(([template, item]) => {
  const path = new RegExp(`^${template.replace(/[.*+?^$|[\]\\()]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`);
  return Object.keys(item).map((method) => ({ method: method.toUpperCase(), path }));
});

let berth;
let browser;
before(async () => {
  browser = await startBrowser();
  berth = await startHarbour();
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

test('every page says its calls, and each is an operation that is described', { timeout: 4 * 60_000 }, async () => {
  const page = await visitor(browser, berth, { javaScriptEnabled: false });
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  const waiting = [...STARTS];
  const known = new Set(waiting.map(shape));
  const asked = new Map();
  const faults = [];
  let pages = 0;
  while (waiting.length > 0 && pages < PAGES_MAX) {
    const where = waiting.shift();
    const answer = await page.request.get(where);
    if (answer.status() !== 200 || !answer.headers()['content-type'].startsWith('text/html')) continue;
    pages += 1;
    const html = await answer.text();
    for (const link of links(html)) {
      if (known.has(shape(link))) continue;
      known.add(shape(link));
      waiting.push(link);
    }
    const commands = commandsOf(html);
    if (commands === undefined) faults.push(`${where} does not say its calls`);
    for (const command of commands ?? []) {
      const call = command.match(/^curl -u admin (?:-X (?<method>[A-Z]+) |(?<head>-I ))?'(?<address>http[^' ]+)'$/)?.groups;
      if (call === undefined) faults.push(`${where}: ${command}`);
      else asked.set(command, { where, method: call.method ?? (call.head ? 'HEAD' : 'GET'), address: new URL(call.address) });
    }
  }
  for (const [command, { where, method, address }] of asked) {
    const isDescribed = address.pathname.startsWith('/v2/') || OPERATIONS.some((each) => each.method === method && each.path.test(address.pathname));
    if (!isDescribed || address.origin !== berth.url) faults.push(`${where} asks for what is not described: ${command}`);
    // What needs a body does not work without one; what only reads works as it stands. Something may not be there.
    if (!['GET', 'HEAD'].includes(method)) continue;
    const { status } = await fetch(address, { method, headers: { authorization: basic('admin', ADMIN_PASSWORD) } });
    if (status !== 200 && status !== 404) faults.push(`${where}: ${status} for ${command}`);
  }
  assert.deepEqual(faults, [], faults.join('\n'));
  assert.ok(pages >= PAGES_MIN && asked.size > pages / 2, `${asked.size} calls on ${pages} pages`);
  await page.context().close();
});

/** The pages of the portal that a page links to; of their queries what names a tab, which is a page of its own. */
function links(html) {
  const own = [...html.matchAll(/<a [^>]*?href="(\/[^"]*)"/g)].map(([, address]) => {
    const [path, query = ''] = text(address).split('#')[0].split('?');
    const tab = new URLSearchParams(query).get('tab');
    return tab === null ? path : `${path}?tab=${tab}`;
  });
  return own.filter((path) => !/^\/(api|v2|c|service|assets|_portal)(\/|$)/.test(path));
}

/** The commands at the end of a page; none where it says that it makes no call. */
function commandsOf(html) {
  const [, list] = html.match(/<pre id="calls-list"[^>]*>([\s\S]*?)<\/pre>/) ?? [];
  return list && text(list).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function text(html) {
  const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'", '#39': "'" };
  return html.replace(/<!--.*?-->|<!>/g, '').replace(/&(amp|lt|gt|quot|#x27|#39);/g, (_, name) => entities[name]);
}
