// What works without script: browsing, signing in and out, the forms that matter most.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, signOut, startBrowser, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
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

const plainVisitor = () => visitor(browser, berth, { javaScriptEnabled: false });

test('a visitor browses from the projects to a layer', async () => {
  const page = await plainVisitor();
  await page.goto('/');
  await page.getByRole('link', { name: 'team', exact: true }).click();
  await page.getByRole('link', { name: /web\/api/ }).first().click();
  const tags = page.getByRole('table', { name: say('repository.caption', { repository: 'team/web/api' }) });
  await tags.getByRole('link', { name: '1.10.0', exact: true }).waitFor();
  assert.ok((await page.content()).includes(`${berth.host}/team/web/api:`), 'the pull command');
  await tags.getByRole('link', { name: '1.10.0', exact: true }).click();
  await page.getByRole('link', { name: say('artifact.tab_layers') }).click();
  await page.getByText('COPY target/release/app').first().waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('lists are filtered by a form', async () => {
  const page = await plainVisitor();
  await page.goto('/projects/team');
  const search = page.getByRole('searchbox', { name: say('repositories.filter') });
  await search.fill('tool');
  await search.press('Enter');
  await page.getByRole('link', { name: /tools/ }).first().waitFor();
  assert.equal(await page.getByRole('link', { name: /web\/api/ }).count(), 0);
  assertNoTrouble(page);
  await page.context().close();
});

test('a person signs in, creates a project and signs out', async () => {
  const page = await plainVisitor();
  await page.goto('/projects');
  assert.equal(await page.getByRole('link', { name: 'ledger', exact: true }).count(), 0);
  await signIn(page, say, 'ada', PASSWORD);
  await page.goto('/projects');
  await page.getByRole('link', { name: say('projects.new') }).first().click();
  await page.getByRole('button', { name: say('project_new.submit') }).waitFor();
  await page.getByLabel(say('project_new.name'), { exact: true }).fill('Not A Name');
  await page.getByRole('button', { name: say('project_new.submit') }).click();
  await page.getByText(say('validation.project_name')).first().waitFor();
  await page.getByLabel(say('project_new.name'), { exact: true }).fill('by-hand');
  await page.getByRole('button', { name: say('project_new.submit') }).click();
  await page.waitForURL('**/projects/by-hand*');
  await page.getByText(say('project_new.created', { name: 'by-hand' })).waitFor();

  await signOut(page, say, 'Ada Okafor');
  assert.equal((await page.request.get('/api/v2.0/users/current')).status(), 401);
  await page.context().close();
});

test('language and theme are links and forms', async () => {
  const page = await plainVisitor();
  await page.goto('/sign-in');
  await page.getByRole('link', { name: words('zh-CN')('locale.name') }).click();
  await page.getByRole('heading', { level: 1, name: words('zh-CN')('sign_in.title') }).waitFor();
  await page.goto('/projects');
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  assertNoTrouble(page);
  await page.context().close();
});
