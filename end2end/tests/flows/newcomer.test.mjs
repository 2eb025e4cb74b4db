// What somebody new does first: no project yet, one click to the first one, commands for the own client; and what an
// admin of a project asks: who may what here, and why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, picture, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
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

async function person(username, options) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, username, PASSWORD);
  return page;
}

async function leave(page) {
  assertNoTrouble(page);
  await page.context().close();
}

test('the client is chosen once and followed everywhere', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/-/set-up');
  await page.getByText(`docker push ${berth.host}/team/my-app:v1`).waitFor();
  await page.getByRole('navigation', { name: say('newcomer.client') }).getByRole('link', { name: 'podman' }).click();
  await page.getByText(`podman push --tls-verify=false ${berth.host}/team/my-app:v1`).waitFor();
  await page.getByRole('navigation', { name: say('newcomer.client') }).getByRole('link', { name: 'Helm' }).click();
  await page.getByText(`oci://${berth.host}/team/my-chart`).first().waitFor();
  await picture(page, 'set-up-helm-chosen');
  await visit(page, '/projects/team/web/api');
  await page.getByText(`podman pull --tls-verify=false ${berth.host}/team/web/api:`).first().waitFor();
  const choice = page.getByRole('group', { name: say('newcomer.client') }).first();
  await choice.getByRole('link', { name: 'nerdctl' }).click();
  await page.getByText(`nerdctl --insecure-registry pull ${berth.host}/team/web/api:`).first().waitFor();
  await visit(page, '/projects/team/web/api');
  await page.getByText(`nerdctl --insecure-registry pull ${berth.host}/team/web/api:`).first().waitFor();
  await leave(page);
});

test('the client is chosen without script', async () => {
  const page = await person('ada', { javaScriptEnabled: false });
  await page.goto('/projects/team/web/api');
  const choice = page.getByRole('group', { name: say('newcomer.client') }).first();
  await choice.getByRole('link', { name: 'podman' }).click();
  await page.getByText(`podman pull --tls-verify=false ${berth.host}/team/web/api:`).first().waitFor();
  await page.goto('/projects/team/-/set-up');
  await page.getByText(`podman push --tls-verify=false ${berth.host}/team/my-app:v1`).waitFor();
  await leave(page);
});

test('names are offered while they are typed, and access is explained', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/-/members/new');
  await page.getByLabel(say('members.username'), { exact: true }).pressSequentially('lin');
  await page.locator('datalist option[value="linus"]').waitFor({ state: 'attached' });
  await visit(page, '/projects/team/-/members');
  const row = page.getByRole('row', { name: /grace/ });
  await row.getByRole('button', { name: say('common.actions_for', { name: 'grace' }) }).click();
  await row.getByRole('link', { name: say('newcomer.explain.title') }).click();
  const told = (key, name, role) =>
    page.getByText(say(`newcomer.explain.${key}`, { action: say('members.matrix.push'), name, role })).waitFor();
  await told('role', 'grace', say('role.developer'));
  await page.getByText(say('newcomer.explain.decides')).waitFor();
  await picture(page, 'member-explained');
  await page.getByLabel(say('members.username'), { exact: true }).fill('linus');
  await page.getByRole('button', { name: say('newcomer.explain.submit') }).click();
  // Somebody without a role here might as well not exist: only administrators are told of strangers.
  await page.getByText(say('newcomer.explain.no_member', { name: 'linus' })).first().waitFor();
  page.troubles.splice(0);
  await leave(page);
});

test('a group is a member until it is removed', async () => {
  await berth.api('POST', '/usergroups', { group_name: 'builders', group_type: 2 });
  const page = await person('ada');
  await visit(page, '/projects/team/-/members');
  await page.getByRole('link', { name: say('newcomer.group.add') }).click();
  const name = page.getByLabel(say('newcomer.group.name'), { exact: true });
  await name.fill('nobody-knows');
  await page.getByRole('button', { name: say('newcomer.group.add') }).click();
  await page.getByText(say('newcomer.group.unknown', { name: 'nobody-knows' })).first().waitFor();
  page.troubles.splice(0);
  await name.fill('');
  await name.pressSequentially('buil');
  await page.locator('datalist option[value="builders"]').waitFor({ state: 'attached' });
  await name.fill('builders');
  await page.getByRole('button', { name: say('newcomer.group.add') }).click();
  const row = page.getByRole('row', { name: /builders/ });
  await row.waitFor();
  await row.getByRole('button', { name: say('common.actions_for', { name: 'builders' }) }).click();
  await row.getByRole('link', { name: say('members.remove') }).click();
  await page.getByText(say('newcomer.remove.group_loses', { name: 'builders' })).waitFor();
  await page.getByRole('button', { name: say('members.remove_submit') }).click();
  await page.getByText(say('members.removed', { name: 'builders' })).first().waitFor();
  await leave(page);
});

test('who tries too often is told how long to wait', async () => {
  const page = await visitor(browser, berth);
  const wait = page.getByText(/^Try again in \d+ s\.$/);
  for (let attempt = 0; attempt < 15 && !(await wait.isVisible()); attempt++) {
    await page.goto('/sign-in');
    await page.getByLabel(say('sign_in.username_or_email')).fill('linus');
    await page.getByLabel(say('sign_in.password')).fill('Wrong-Password-9');
    await page.getByRole('button', { name: say('sign_in.submit'), exact: true }).click();
    await page.getByRole('alert').waitFor();
  }
  assert.ok(await wait.isVisible(), 'the wait is named');
  await page.context().close();
});
