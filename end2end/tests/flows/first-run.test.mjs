// The whole way of a first day: set-up, two people, a project, a push, a colleague, and who did what. In each language.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD, PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { assertNoTrouble, picture, signIn, startBrowser, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { startDocker } from '../../fixtures/docker.mjs';
import { isCi } from '../../fixtures/process.mjs';
import { LANGUAGES, words } from '../../fixtures/words.mjs';

let browser;
let docker;
before(async () => {
  browser = await startBrowser();
  docker = await startDocker();
});
after(async () => {
  await browser?.close();
  await docker?.stop();
});

for (const language of LANGUAGES) {
  test(`from the set-up link to the audit log in ${language}`, async (t) => {
    if (!docker) {
      assert.ok(!isCi, 'neither a docker daemon nor crane can run');
      t.skip('neither a docker daemon nor crane can run');
      return;
    }
    const berth = await startBerth({ fresh: true });
    try {
      await firstDay(berth, language);
    } finally {
      await berth.stop();
    }
  });
}

async function firstDay(berth, language) {
  const say = words(language);
  const newVisitor = () => visitor(browser, berth, { language });

  const admin = await newVisitor();
  await setUp(admin, say, berth);
  assertNoTrouble(admin);
  await admin.context().close();

  const grace = await newVisitor();
  await signUp(grace, say, 'grace', 'Grace Lindqvist');
  const ada = await newVisitor();
  await signUp(ada, say, 'ada', 'Ada Okafor');
  await createProject(ada, say, 'harbour');

  // The page of the new project says how: this very command is what is pushed next.
  await ada.getByText(`docker push ${berth.host}/harbour/my-app:v1`).filter({ visible: true }).first().waitFor();
  const image = `${berth.host}/harbour/first:v1`;
  await docker.push(image, 'ada', PASSWORD);
  await visit(ada, '/projects/harbour');
  await ada.getByRole('link', { name: /first/ }).first().click();
  await ada.getByRole('link', { name: 'v1', exact: true }).waitFor();
  await ada.getByText(`${berth.host}/harbour/first:v1`).filter({ visible: true }).first().waitFor();
  await picture(ada, `first-run-repository-${language}`);

  await addMember(ada, say, 'grace');
  await ada.getByRole('navigation').getByRole('link', { name: say('nav.audit') }).first().click();
  const log = ada.getByRole('table', { name: say('audit.caption') });
  for (const event of ['create_project', 'create_artifact', 'create_member']) {
    await log.getByText(say(`audit.event.${event}`)).first().waitFor();
  }
  await log.getByText('ada', { exact: true }).first().waitFor();
  await picture(ada, `first-run-audit-${language}`);
  assertNoTrouble(ada);

  await visit(grace, '/projects/harbour/first');
  await grace.getByRole('link', { name: 'v1', exact: true }).waitFor();
  assertNoTrouble(grace);
  await Promise.all([ada.context().close(), grace.context().close()]);
}

async function setUp(page, say, berth) {
  await visit(page, '/');
  assert.equal(new URL(page.url()).pathname, '/setup', 'every page leads to the set-up');
  await visit(page, await berth.setupLink());
  await page.getByRole('heading', { level: 1, name: say('setup.title') }).waitFor();
  assert.equal(await page.getByLabel(say('setup.self_registration')).isChecked(), false, 'closed unless it is asked for');
  await page.getByLabel(say('sign_up.password'), { exact: true }).fill(ADMIN_PASSWORD);
  await page.getByLabel(say('sign_up.password_repeat'), { exact: true }).fill('something else');
  await page.getByRole('button', { name: say('setup.submit') }).click();
  await page.getByText(say('validation.password_repeat')).first().waitFor();
  assert.match(page.troubles.splice(0).join(), /^[^,]+set-up: 422$/, 'only what was mistyped is told');
  const kept = await page.getByLabel(say('sign_up.password'), { exact: true }).inputValue();
  assert.equal(kept, ADMIN_PASSWORD, 'a mistyped repetition costs only the repetition');
  await page.getByLabel(say('sign_up.password_repeat'), { exact: true }).fill(ADMIN_PASSWORD);
  await page.getByLabel(say('setup.self_registration')).check();
  await page.getByText(say('newcomer.check.storage')).waitFor();
  await page.getByText(say('newcomer.check.address', { address: berth.url })).waitFor();
  await picture(page, 'first-run-set-up');
  await page.getByRole('button', { name: say('setup.submit') }).click();
  await page.getByRole('heading', { level: 1, name: say('setup.ready') }).waitFor();
  await takenOver(page);
  await page.getByRole('link', { name: say('projects.new') }).click();
  await page.getByLabel(say('project_new.name'), { exact: true }).waitFor();
  assertNoTrouble(page);
  const again = await fetch(await berth.setupLink(), { headers: { accept: 'text/html' } });
  assert.equal(again.status, 404, 'the page is gone');
}

async function signUp(page, say, username, realname) {
  await visit(page, '/sign-in');
  await page.getByRole('link', { name: say('sign_in.sign_up') }).click();
  await page.getByRole('heading', { level: 1, name: say('sign_up.title') }).waitFor();
  await page.getByLabel(say('sign_up.username'), { exact: true }).fill(username);
  await page.getByLabel(say('sign_up.email'), { exact: true }).fill(`${username}@example.com`);
  await page.getByLabel(say('sign_up.realname')).fill(realname);
  await page.getByLabel(say('sign_up.password'), { exact: true }).fill(PASSWORD);
  await page.getByLabel(say('sign_up.password_repeat'), { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: say('sign_up.submit') }).click();
  await page.waitForURL('**/projects');
  await page.getByRole('button', { name: say('shell.account_menu', { name: realname }) }).waitFor();
  await takenOver(page);
}

async function createProject(page, say, name) {
  await page.getByRole('link', { name: say('projects.new') }).first().click();
  await page.getByLabel(say('project_new.name'), { exact: true }).fill(name);
  await page.getByRole('button', { name: say('project_new.submit') }).click();
  await page.waitForURL(`**/projects/${name}*`);
  await page.getByText(say('project_new.created', { name })).first().waitFor();
}

async function addMember(page, say, username) {
  await page.getByRole('navigation').getByRole('link', { name: say('nav.members') }).click();
  await page.getByRole('heading', { level: 1, name: say('members.title') }).waitFor();
  await page.getByRole('link', { name: say('members.add'), exact: true }).click();
  const dialog = page.getByRole('dialog', { name: say('members.add_title') });
  await dialog.getByLabel(say('members.username'), { exact: true }).fill('nobody-of-this-name');
  await dialog.getByRole('radio', { name: say('role.guest') }).first().check();
  await dialog.getByRole('button', { name: say('members.add_submit') }).click();
  await dialog.getByText(say('validation.user_unknown', { name: 'nobody-of-this-name' })).first().waitFor();
  page.troubles.splice(0);
  await dialog.getByLabel(say('members.username'), { exact: true }).fill(username);
  await dialog.getByRole('button', { name: say('members.add_submit') }).click();
  const table = page.getByRole('table', { name: say('members.caption', { project: 'harbour' }) });
  await table.getByText(username, { exact: true }).first().waitFor();
}
