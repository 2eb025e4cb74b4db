// A robot's secret is renewed while the former one goes on working, and that one is ended; with script and without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, basic, startBerth } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
let berth;
let browser;
before(async () => {
  browser = await startBrowser();
  berth = await startBerth();
  await berth.api('POST', '/projects', { project_name: 'team', metadata: { public: 'false' } });
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

async function robot(name) {
  const access = [{ resource: 'repository', action: 'pull' }];
  return berth.api('POST', '/robots', {
    name, level: 'project', duration: 30, permissions: [{ kind: 'project', namespace: 'team', access }],
  });
}

async function admin(options) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  return page;
}

// Harbor tells who is no person with 412, and nobody with 401.
const status = async (name, secret) =>
  (await fetch(`${berth.url}/api/v2.0/users/current`, { headers: { authorization: basic(name, secret) } })).status;
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const works = /^The former secret works until /;

test('a new secret beside the former one, which is then ended', async () => {
  const { id, name, secret } = await robot('ci');
  const page = await admin();
  await visit(page, `/projects/team/-/robots/${id}/secret`);
  assert.deepEqual(await violations(page), []);
  await page.getByLabel(say('robots.overlap.label'), { exact: true }).selectOption({ label: '1 day' });
  await press(page, say('robots.secret.new_submit'));
  const fresh = await page.locator('.secret code').innerText();
  await page.getByText(works).waitFor();
  assert.deepEqual([await status(name, secret), await status(name, fresh)], [412, 412]);
  assert.deepEqual(await violations(page), []);

  await page.getByRole('link', { name: say('robots.secret.stored'), exact: true }).click();
  const row = page.getByRole('row', { name: /team\+ci/ });
  await row.getByText(/^Former secret: ends /).waitFor();
  await row.getByRole('link', { name, exact: true }).click();
  await takenOver(page);
  await page.getByText(works).waitFor();
  assert.deepEqual(await violations(page), []);
  await press(page, say('robots.overlap.end'));
  await page.getByText(say('robots.overlap.ended', { name })).first().waitFor();
  await page.getByText(works).waitFor({ state: 'detached' });
  assert.deepEqual([await status(name, secret), await status(name, fresh)], [401, 412]);
  assertNoTrouble(page);
  await page.context().close();
});

test('without script', async () => {
  const { id, name, secret } = await robot('plain');
  const page = await admin({ javaScriptEnabled: false });
  await page.goto(`/projects/team/-/robots/${id}/secret`);
  await page.getByLabel(say('robots.overlap.label'), { exact: true }).selectOption({ label: say('robots.overlap.other') });
  await page.getByLabel(say('robots.overlap.hours_label')).fill('721');
  await press(page, say('robots.secret.new_submit'));
  await page.locator('#f-hours[aria-invalid="true"]').waitFor();
  assert.equal(await status(name, secret), 412, 'nothing was renewed');
  await page.getByLabel(say('robots.overlap.hours_label')).fill('2');
  await press(page, say('robots.secret.new_submit'));
  const fresh = await page.locator('.secret code').innerText();
  await page.getByText(works).waitFor();
  assert.deepEqual([await status(name, secret), await status(name, fresh)], [412, 412]);
  await page.goto(`/projects/team/-/robots/${id}`);
  await press(page, say('robots.overlap.end'));
  await page.getByText(say('robots.overlap.ended', { name })).first().waitFor();
  assert.equal(await page.getByText(works).count(), 0);
  assert.deepEqual([await status(name, secret), await status(name, fresh)], [401, 412]);
  await page.context().close();
});
