// Every page as the server draws it on PostgreSQL, where everything that a page asks for takes its time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD } from '../../fixtures/berth.mjs';
import { startEverything } from '../../fixtures/everything.mjs';
import { PUBLIC } from '../../fixtures/pages.mjs';

const postgres = process.env.BERTH_TEST_POSTGRES_URL;
const skip = !postgres && !process.env.CI && 'BERTH_TEST_POSTGRES_URL is not set';

let berth;
let signedIn;
let stop;
before(async () => {
  if (!skip) ({ berth, signedIn, stop } = await startEverything({ postgres }));
});
after(() => stop?.());

test('pages for everybody', { skip }, async (t) => {
  for (const [name, where] of Object.entries(PUBLIC)) await t.test(name, () => examine(where));
});

test('pages behind the door', { skip }, async (t) => {
  const answer = await fetch(`${berth.url}/c/login`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ principal: 'admin', password: ADMIN_PASSWORD }),
  });
  assert.equal(answer.status, 200);
  const cookie = answer.headers.getSetCookie().map((given) => given.split(';')[0]).join('; ');
  for (const [name, where] of signedIn) await t.test(name, () => examine(where, cookie));
});

async function examine(where, cookie = '') {
  const answer = await fetch(berth.url + where, { headers: { accept: 'text/html', cookie } });
  const page = await answer.text();
  assert.equal(answer.status, 200, berth.said().split('\n').slice(-5).join('\n'));
  assert.ok(/<h1[\s>]/.test(page), 'a heading');
  assert.ok(page.includes('</html>'), 'an end');
  assert.ok(!page.includes('skeleton'), 'a page leaves when all of it is there');
}
