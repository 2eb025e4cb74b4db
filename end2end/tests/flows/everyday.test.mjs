// What people do with a registry that is in use: each form once, with script, told by a notice and visible afterwards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
const NEW_PASSWORD = 'Another-Deck-3';
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

async function person(username, password = PASSWORD) {
  const page = await visitor(browser, berth);
  await signIn(page, say, username, password);
  return page;
}

const press = (page, key, values) => page.getByRole('button', { name: say(key, values), exact: true }).click();
const notice = (page, key, values) => page.getByText(say(key, values)).first().waitFor();

async function leave(page) {
  assertNoTrouble(page);
  await page.context().close();
}

test('tags come and go', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/web/api/-/artifacts/1.9.0/tag');
  await page.getByLabel(say('repository.add_tag_name'), { exact: true }).fill('old-stable');
  await press(page, 'repository.add_tag_submit');
  await notice(page, 'repository.tag_added', { tag: 'old-stable' });
  await visit(page, '/projects/team/web/api');
  await page.getByRole('link', { name: 'old-stable', exact: true }).waitFor();

  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: '1.9.0', exact: true }) });
  await row.getByRole('button', { name: say('common.actions_for', { name: '1.9.0' }) }).click();
  await row.getByRole('link', { name: say('repository.menu.delete_tag') }).click();
  await press(page, 'repository.delete_tag_submit');
  await notice(page, 'repository.tag_deleted', { tag: '1.9.0' });
  await page.getByRole('link', { name: 'old-stable', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: '1.9.0', exact: true }).count(), 0);
  await visit(page, '/projects/team/web/api/-/tags/1.9.0/history');
  await page.getByText(say('repository.history.deleted', { tag: '1.9.0' })).first().waitFor();
  await leave(page);
});

test('lists are searched, sorted and paged without leaving the page', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/web/api');
  await page.evaluate(() => (globalThis.isSameDocument = true));
  await page.getByRole('searchbox').fill('1.10');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/web/api?q=1.10');
  await page.getByRole('link', { name: 'latest', exact: true }).waitFor({ state: 'detached' });
  await page.goBack();
  await page.getByRole('link', { name: 'latest', exact: true }).waitFor();
  await page.getByRole('columnheader', { name: say('repository.tag') }).getByRole('link').click();
  await page.waitForURL('**/web/api?sort=-name');
  const sorted = page.getByRole('columnheader', { name: say('repository.tag') });
  await page.waitForFunction(() => document.querySelector('th[aria-sort="descending"]'));
  assert.equal(await sorted.getAttribute('aria-sort'), 'descending');
  assert.equal(await page.evaluate(() => globalThis.isSameDocument), true);
  await leave(page);
});

test('a role changes when it is saved, a member leaves', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/-/members');
  const role = page.getByRole('combobox', { name: say('members.role_of', { name: 'grace' }) });
  // On the way to a role by keys, others are chosen for a moment.
  await role.focus();
  await page.keyboard.press('ArrowDown');
  await role.selectOption({ label: say('role.guest') });
  const [before] = await berth.api('GET', '/projects/team/members?entityname=grace');
  assert.equal(before.role_name, 'developer');
  await page.getByRole('row', { name: /grace/ }).getByRole('button', { name: say('common.save'), exact: true }).click();
  await notice(page, 'members.changed', { name: 'grace', role: say('role.guest') });
  const [grace] = await berth.api('GET', '/projects/team/members?entityname=grace');
  assert.equal(grace.role_name, 'guest');
  await page.getByRole('button', { name: say('common.actions_for', { name: 'grace' }) }).click();
  await page.getByRole('link', { name: say('members.remove') }).click();
  await press(page, 'members.remove_submit');
  await notice(page, 'members.removed', { name: 'grace' });
  assert.deepEqual(await berth.api('GET', '/projects/team/members?entityname=grace'), []);
  await leave(page);
});

test('dialogs are accessible, keep the focus and give it back', async () => {
  const page = await person('ada');
  await visit(page, '/projects');
  const opener = page.getByRole('link', { name: say('projects.new') }).first();
  await opener.click();
  const dialog = page.getByRole('dialog', { name: say('project_new.title') });
  await dialog.waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole('button', { name: say('project_new.submit') }).click();
  await dialog.getByRole('alert').waitFor();
  assert.deepEqual(await violations(page), []);
  page.troubles.splice(0); // The answer to a form with faults is a 422.
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.ok(await opener.evaluate((element) => element === document.activeElement));
  await leave(page);
});

test('a project gets private, and is deleted once it is empty', async () => {
  const page = await person('ada');
  await visit(page, '/projects');
  await page.getByRole('link', { name: say('projects.new') }).first().click();
  const dialog = page.getByRole('dialog', { name: say('project_new.title') });
  await dialog.getByLabel(say('project_new.name'), { exact: true }).fill('passing');
  await dialog.getByRole('radio', { name: say('project_new.public') }).check();
  await dialog.getByRole('button', { name: say('project_new.submit') }).click();
  await notice(page, 'project_new.created', { name: 'passing' });
  const isPublic = async () => (await fetch(`${berth.url}/api/v2.0/projects/passing`)).ok;
  assert.equal(await isPublic(), true);

  await page.getByRole('navigation').getByRole('link', { name: say('nav.settings') }).first().click();
  await page.getByRole('link', { name: say('project_settings.visibility.to_private') }).click();
  await press(page, 'project_settings.visibility.private_submit');
  await notice(page, 'project_settings.saved');
  assert.equal(await isPublic(), false);
  await page.getByRole('link', { name: say('project_settings.delete') }).click();
  const question = page.getByRole('dialog', { name: say('project_settings.delete_title', { project: 'passing' }) });
  await question.getByLabel(say('project_settings.delete_confirm')).fill('passing');
  await question.getByRole('button', { name: say('project_settings.delete_submit') }).click();
  await notice(page, 'project_settings.deleted', { project: 'passing' });
  await leave(page);
});

test('a repository is described and deleted', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/tools/-/description');
  await page.getByRole('textbox', { name: say('repository.info_label') }).fill('Small *things*.\n<script>no</script>');
  await press(page, 'common.save');
  await notice(page, 'repository.info_saved');
  await page.locator('.prose em', { hasText: 'things' }).waitFor();
  await visit(page, '/projects/team/tools/-/delete');
  await press(page, 'repositories.delete_submit');
  await notice(page, 'repositories.deleted', { name: 'team/tools' });
  await leave(page);
});

test('a person changes name and password, and ends other sessions', async () => {
  const [page, elsewhere] = [await person('linus'), await person('linus')];
  await visit(page, '/account');
  await page.getByLabel(say('account.profile.realname')).fill('Linus M.');
  await press(page, 'account.profile.save');
  await notice(page, 'account.profile.saved');
  await page.getByRole('button', { name: say('shell.account_menu', { name: 'Linus M.' }) }).waitFor();

  await visit(page, '/account/sessions');
  await page.getByText(say('account.sessions.current'), { exact: true }).waitFor();
  await press(page, 'account.sessions.end_others');
  await notice(page, 'account.sessions.all_ended');
  await elsewhere.goto('/account');
  await elsewhere.waitForURL('**/sign-in?*');
  await elsewhere.context().close();

  await visit(page, '/account/password');
  const fill = async (current) => {
    await page.getByLabel(say('account.password.current'), { exact: true }).fill(current);
    await page.getByLabel(say('account.password.new'), { exact: true }).fill(NEW_PASSWORD);
    await page.getByLabel(say('account.password.repeat'), { exact: true }).fill(NEW_PASSWORD);
    await press(page, 'account.password.submit');
  };
  await fill('Not-The-Password-4');
  await notice(page, 'validation.password_wrong');
  await takenOver(page);
  await fill(PASSWORD);
  await notice(page, 'account.password.changed');
  await leave(page);
  await (await person('linus', NEW_PASSWORD)).context().close();
});

test('preferences belong to the browser', async () => {
  const page = await person('grace');
  await visit(page, '/account/preferences');
  await page.getByLabel(say('account.preferences.language'), { exact: true }).selectOption('zh-CN');
  await press(page, 'account.preferences.save');
  await page.locator('html[lang="zh-CN"]').waitFor();
  await visit(page, '/projects');
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  await leave(page);
});

test('an administrator makes an account and opens the registry', async () => {
  const page = await person('admin', ADMIN_PASSWORD);
  await visit(page, '/admin/users/new');
  await page.getByLabel(say('sign_up.username'), { exact: true }).fill('margaret');
  await page.getByLabel(say('sign_up.email'), { exact: true }).fill('margaret@example.com');
  await page.getByLabel(say('sign_up.password'), { exact: true }).fill(PASSWORD);
  await page.getByLabel(say('sign_up.password_repeat'), { exact: true }).fill(PASSWORD);
  await press(page, 'admin_users.submit');
  await notice(page, 'admin_users.created_toast', { name: 'margaret' });

  await visit(page, '/admin/settings');
  await page.getByRole('switch', { name: say('admin_settings.item.self_registration'), exact: true }).check();
  await page.getByRole('button', { name: 'Save 1 change', exact: true }).click();
  await notice(page, 'admin_settings.saved');
  const stranger = await visitor(browser, berth);
  await visit(stranger, '/sign-up');
  await stranger.getByRole('button', { name: say('sign_up.submit') }).waitFor();
  await leave(stranger);
  await leave(page);
});

test('a person without rights is told so, and by whom they can be given', async () => {
  const page = await person('margaret');
  for (const where of ['/admin/users', '/admin/settings', '/projects/ledger']) {
    assert.equal((await page.goto(where)).status(), 403, where);
    await page.getByRole('heading', { level: 1, name: say('error.forbidden.title') }).waitFor();
  }
  assert.equal(await page.getByRole('link', { name: say('nav.users') }).count(), 0);
  await page.context().close();
});
