// What an administrator does about other registries and groups: add, test, change, delete.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
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

const press = (page, key, values) => page.getByRole('button', { name: say(key, values), exact: true }).click();
const notice = (page, key, values) => page.getByText(say(key, values)).first().waitFor();

async function administrator(options) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  return page;
}

async function fillRegistry(page, { name, url, password }) {
  await page.getByLabel(say('registries.name'), { exact: true }).fill(name);
  await page.getByLabel(say('registries.url'), { exact: true }).fill(url);
  await page.getByLabel(say('registries.access_key')).fill('admin');
  await page.getByLabel(say('registries.secret')).fill(password);
}

test('a registry is tested, added, used and deleted', async () => {
  const page = await administrator();
  await visit(page, '/admin/registries');
  await page.getByRole('link', { name: say('registries.new') }).first().click();
  await fillRegistry(page, { name: 'ourselves', url: berth.url, password: 'wrong' });
  await press(page, 'registries.test');
  await page.getByText(say('registries.check.failed_at', { step: 5 })).first().waitFor();
  await page.getByText(say('registries.check.reason.credential')).first().waitFor();
  assert.deepEqual(await violations(page), []);
  // What was filled in is still there, the password too: nothing was sent away.
  assert.equal(await page.getByLabel(say('registries.secret')).inputValue(), 'wrong');
  await page.getByLabel(say('registries.secret')).fill(ADMIN_PASSWORD);
  await press(page, 'registries.test');
  await page.getByText(say('registries.check.usable')).first().waitFor();
  assertNoTrouble(page);
  await press(page, 'common.save');
  await notice(page, 'outside.created', { name: 'ourselves' });

  await visit(page, '/admin/replication/new');
  await page.getByLabel(say('registries.name'), { exact: true }).fill('to-ourselves');
  await page.getByLabel(say('replication.registry'), { exact: true }).selectOption({ label: `ourselves – ${berth.url}` });
  await page.getByLabel(say('replication.names')).fill('team/**');
  await page.getByLabel(say('when.label'), { exact: true }).selectOption('scheduled');
  await page.getByLabel(say('schedule.at'), { exact: true }).fill('01:30');
  await press(page, 'common.save');
  await notice(page, 'outside.created', { name: 'to-ourselves' });
  await page.getByText('Every day at 01:30 UTC').first().waitFor();
  const rule = page.getByRole('row', { name: /to-ourselves/ });
  await rule.getByRole('button', { name: say('common.actions_for', { name: 'to-ourselves' }) }).click();
  await rule.getByRole('button', { name: say('outside.disable') }).click();
  await notice(page, 'outside.disabled_notice', { name: 'to-ourselves' });
  await page.getByRole('row', { name: /to-ourselves/ }).getByText(say('outside.off')).waitFor();

  // A rule keeps its registry.
  const [registry] = await berth.api('GET', '/registries?name=ourselves');
  await visit(page, `/admin/registries/${registry.id}/delete`);
  await page.getByRole('link', { name: 'to-ourselves' }).click();
  await page.getByRole('heading', { level: 1, name: 'to-ourselves' }).waitFor();
  await visit(page, `${new URL(page.url()).pathname}/delete`);
  await press(page, 'replication.delete_submit');
  await notice(page, 'outside.deleted', { name: 'to-ourselves' });
  await visit(page, `/admin/registries/${registry.id}/delete`);
  await press(page, 'registries.delete_submit');
  await notice(page, 'outside.deleted', { name: 'ourselves' });
  assert.deepEqual(await berth.api('GET', '/registries?name=ourselves'), []);
  assertNoTrouble(page);
  await page.context().close();
});

test('a test of a connection works without script', async () => {
  const page = await administrator({ javaScriptEnabled: false });
  await page.goto('/admin/registries/new');
  await fillRegistry(page, { name: 'dead', url: 'http://127.0.0.1:1', password: 'secret-of-a-test' });
  await press(page, 'registries.test');
  await page.getByText(say('registries.check.failed_at', { step: 2 })).first().waitFor();
  await page.getByText(say('registries.check.reason.unreachable')).first().waitFor();
  assert.equal(await page.getByLabel(say('registries.url'), { exact: true }).inputValue(), 'http://127.0.0.1:1');
  assert.ok(!page.url().includes('secret-of-a-test'));
  await page.context().close();
});

test('a group is made, renamed and deleted with its memberships', async () => {
  const page = await administrator();
  await visit(page, '/admin/groups/new');
  await press(page, 'groups.create');
  await page.getByText(say('validation.required')).first().waitFor();
  page.troubles.splice(0);
  await page.getByLabel(say('groups.name'), { exact: true }).fill('builders');
  await press(page, 'groups.create');
  await notice(page, 'outside.created', { name: 'builders' });
  const [group] = await berth.api('GET', '/usergroups?group_name=builders');
  await berth.api('POST', '/projects/team/members', { role_id: 2, member_group: { id: group.id } });

  await page.getByRole('link', { name: 'builders', exact: true }).click();
  await page.getByRole('link', { name: 'team', exact: true }).waitFor();
  await page.getByLabel(say('groups.name'), { exact: true }).fill('ship-builders');
  await press(page, 'common.save');
  await notice(page, 'outside.saved', { name: 'ship-builders' });
  const row = page.getByRole('row', { name: /ship-builders/ });
  await row.getByRole('button', { name: say('common.actions_for', { name: 'ship-builders' }) }).click();
  await row.getByRole('link', { name: say('common.menu_delete') }).click();
  await page.getByRole('link', { name: 'team', exact: true }).waitFor();
  await press(page, 'groups.delete_submit');
  await notice(page, 'outside.deleted', { name: 'ship-builders' });
  assert.deepEqual(await berth.api('GET', '/usergroups?group_name=builders'), []);
  assertNoTrouble(page);
  await page.context().close();
});

test('overlooked vulnerabilities are kept', async () => {
  const page = await administrator();
  await visit(page, '/admin/allowlist');
  await page.getByLabel(say('allowlist.ids')).fill('CVE-2021-44228\nCVE-2021-45046');
  await press(page, 'common.save');
  await notice(page, 'allowlist.saved');
  const list = await berth.api('GET', '/system/CVEAllowlist');
  assert.deepEqual(list.items.map((item) => item.cve_id), ['CVE-2021-44228', 'CVE-2021-45046']);
  await visit(page, '/projects/team/-/allowlist');
  await page.getByLabel(say('allowlist.own')).check();
  await page.getByLabel(say('allowlist.ids')).fill('CVE-2020-0001');
  await press(page, 'common.save');
  await notice(page, 'allowlist.saved');
  const project = await berth.api('GET', '/projects/team');
  assert.equal(project.metadata.reuse_sys_cve_allowlist, 'false');
  assert.deepEqual(project.cve_allowlist.items, [{ cve_id: 'CVE-2020-0001' }]);
  assertNoTrouble(page);
  await page.context().close();
});
