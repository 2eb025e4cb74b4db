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
  await page.getByText(say('validation.project_upper', { found: 'N' })).first().waitFor();
  await page.getByLabel(say('project_new.name'), { exact: true }).fill('by-hand');
  await page.getByRole('button', { name: say('project_new.submit') }).click();
  await page.waitForURL('**/projects/by-hand*');
  await page.getByText(say('project_new.created', { name: 'by-hand' })).waitFor();

  await signOut(page, say, 'Ada Okafor');
  assert.equal((await page.request.get('/api/v2.0/users/current')).status(), 401);
  await page.context().close();
});

test('a stranger signs up, creates a project and adds a member', async () => {
  await berth.api('PUT', '/configurations', { self_registration: true });
  const page = await plainVisitor();
  const press = (key) => page.getByRole('button', { name: say(key), exact: true }).click();
  const field = (key) => page.getByLabel(say(key), { exact: true });
  await page.goto('/sign-in');
  await page.getByRole('link', { name: say('sign_in.sign_up') }).click();
  const fill = async (repeat) => {
    await field('sign_up.username').fill('hedy');
    await field('sign_up.email').fill('hedy@example.com');
    await field('sign_up.password').fill(PASSWORD);
    await field('sign_up.password_repeat').fill(repeat);
    await press('sign_up.submit');
  };
  await fill('something else');
  await page.getByText(say('validation.password_repeat')).first().waitFor();
  assert.equal(await field('sign_up.username').inputValue(), 'hedy');
  await fill(PASSWORD);
  await page.waitForURL('**/projects');

  await page.goto('/projects/-/new');
  await field('project_new.name').fill('hedys');
  await press('project_new.submit');
  await page.waitForURL('**/projects/hedys*');
  await page.getByRole('navigation').getByRole('link', { name: say('nav.members') }).first().click();
  await page.getByRole('link', { name: say('members.add'), exact: true }).click();
  const add = async (name) => {
    await field('members.username').fill(name);
    await page.getByRole('radio', { name: say('role.maintainer') }).first().check();
    await press('members.add_submit');
  };
  await add('nobody-of-this-name');
  await page.getByText(say('validation.user_unknown', { name: 'nobody-of-this-name' })).first().waitFor();
  await add('grace');
  await page.getByText(say('members.added', { name: 'grace', role: say('role.maintainer') })).first().waitFor();
  const [grace] = await berth.api('GET', '/projects/hedys/members?entityname=grace');
  assert.equal(grace.role_name, 'maintainer');
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
