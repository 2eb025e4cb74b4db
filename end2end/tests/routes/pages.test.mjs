// Every page, in both themes, at two widths and in both languages: drawn without an error, taken over without a
// difference, accessible, and never wider than the window.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { DESKTOP, PHONE, assertNoTrouble, openAccountMenu, picture, show, signIn, startBrowser, sticksOut, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { words } from '../../fixtures/words.mjs';

const WIDTHS = { desktop: DESKTOP, phone: PHONE };
const ARTIFACT = '/projects/team/web/api/-/artifacts';

/** What everybody sees. */
const PUBLIC = {
  'sign-in': '/sign-in',
  'sign-up-closed': '/sign-up',
  'projects-anonymous': '/projects',
  'repository-anonymous': '/projects/team/web/api',
  'artifact-anonymous': `${ARTIFACT}/1.10.0`,
};

/** What an administrator sees: everything. */
const SIGNED_IN = {
  projects: '/projects',
  'projects-none': '/projects?q=nothing-is-called-so',
  'project-new': '/projects/-/new',
  repositories: '/projects/team',
  'repositories-empty': '/projects/ledger',
  members: '/projects/team/-/members',
  'member-new': '/projects/team/-/members/new',
  'member-remove': '/projects/team/-/members/:grace/remove',
  robots: '/projects/team/-/robots',
  'robot-new': '/projects/team/-/robots/new',
  labels: '/projects/team/-/labels',
  'label-new': '/projects/team/-/labels/new',
  'artifact-labels': `${ARTIFACT}/1.10.0/labels`,
  'project-audit': '/projects/team/-/audit',
  'project-settings': '/projects/team/-/settings',
  'project-delete': '/projects/ledger/-/delete',
  repository: '/projects/team/web/api',
  'repository-artifacts': '/projects/team/web/api?tab=artifacts',
  'repository-description': '/projects/team/web/api/-/description',
  'repository-delete': '/projects/team/web/api/-/delete',
  'tag-history': '/projects/team/web/api/-/tags/latest/history',
  'tag-delete': '/projects/team/web/api/-/tags/latest/delete',
  artifact: `${ARTIFACT}/1.10.0`,
  'artifact-layers': `${ARTIFACT}/1.10.0/layers`,
  'artifact-index': `${ARTIFACT}/latest`,
  'artifact-index-layers': `${ARTIFACT}/latest/layers`,
  'artifact-tag-new': `${ARTIFACT}/1.10.0/tag`,
  'artifact-delete': `${ARTIFACT}/1.10.0/delete`,
  account: '/account',
  'account-password': '/account/password',
  'account-sessions': '/account/sessions',
  'account-preferences': '/account/preferences',
  'admin-users': '/admin/users',
  'admin-users-new': '/admin/users/new',
  'admin-users-password': '/admin/users/3/password',
  'admin-users-delete': '/admin/users/3/delete',
  'admin-robots': '/admin/robots',
  'admin-robot-new': '/admin/robots/new',
  'admin-quotas': '/admin/quotas',
  'admin-quota': '/admin/quotas/1',
  'admin-labels': '/admin/labels',
  'admin-label-new': '/admin/labels/new',
  'admin-audit': '/admin/audit',
  'admin-settings': '/admin/settings',
};

/** Pages whose status is not 200. */
const MISSING = {
  'not-found': ['/nothing/here', 404],
  'project-hidden': ['/projects/ledger', 401],
};

/** The pictures of the README. */
const SHOWN = ['projects', 'repository', 'artifact-layers'];

let berth;
let browser;
before(async () => {
  browser = await startBrowser();
  berth = await startHarbour();
  const [grace] = await berth.api('GET', '/projects/team/members?entityname=grace');
  SIGNED_IN['member-remove'] = SIGNED_IN['member-remove'].replace(':grace', grace.id);
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

test('pages for everybody', async (t) => {
  const page = await visitor(browser, berth);
  for (const [name, where] of Object.entries(PUBLIC)) await t.test(name, () => examine(page, name, where));
  for (const [name, [where, status]] of Object.entries(MISSING)) {
    await t.test(name, () => examine(page, name, where, status));
  }
  await page.context().close();
});

test('pages behind the door', async (t) => {
  const page = await visitor(browser, berth);
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  for (const [name, where] of Object.entries(SIGNED_IN)) await t.test(name, () => examine(page, name, where));
  await page.context().close();
});

test('pages in Chinese', async (t) => {
  const page = await visitor(browser, berth, { language: 'zh-CN', viewport: PHONE });
  await signIn(page, words('zh-CN'), 'admin', ADMIN_PASSWORD);
  for (const [name, where] of Object.entries(SIGNED_IN)) {
    await t.test(name, async () => {
      await visit(page, where);
      assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
      assert.match(await page.getByRole('heading', { level: 1 }).first().innerText(), /\S/);
      assert.deepEqual(await sticksOut(page), []);
      await picture(page, `zh-CN/${name}`);
      assertNoTrouble(page);
    });
  }
  await page.context().close();
});

test('the set-up, and a form with faults', async (t) => {
  const fresh = await startBerth({ fresh: true });
  try {
    const page = await visitor(browser, fresh);
    await t.test('setup', async () => examine(page, 'setup', await fresh.setupLink()));
    await t.test('setup without its link', () => examine(page, 'setup-token', '/setup'));
    await t.test('setup with faults', async () => {
      await visit(page, await fresh.setupLink());
      await page.getByRole('button', { name: words('en')('setup.submit') }).click();
      await page.getByRole('alert').first().waitFor();
      await examineHere(page, 'setup-faults');
    });
    await page.context().close();
  } finally {
    await fresh.stop();
  }
});

test('the menu of a phone, the menu of an account', async () => {
  const say = words('en');
  const page = await visitor(browser, berth);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  await visit(page, '/projects/team');
  await openAccountMenu(page, say, 'system admin');
  await examineHere(page, 'account-menu', { desktop: DESKTOP });
  await page.setViewportSize(PHONE);
  await visit(page, '/projects/team');
  await page.getByRole('button', { name: say('shell.open_nav') }).click();
  await page.getByRole('link', { name: say('nav.members') }).waitFor();
  await examineHere(page, 'phone-menu', { phone: PHONE });
  await page.context().close();
});

async function examine(page, name, where, status = 200) {
  page.troubles.splice(0);
  await page.setViewportSize(DESKTOP);
  const answer = await visit(page, where);
  assert.equal(answer.status(), status);
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, 'one heading of the first level');
  if (status !== 200) page.troubles.shift();
  await examineHere(page, name);
}

/** Looks at the page as it is, in all themes and widths. */
async function examineHere(page, name, widths = WIDTHS) {
  const faults = [];
  for (const [width, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport);
    for (const theme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const here = `${width}, ${theme}`;
      faults.push(...(await violations(page)).map((violation) => `${here}: ${violation}`));
      await picture(page, `${name}-${width}-${theme}`);
      if (SHOWN.includes(name) && width === 'desktop') await show(page, `${name}-${theme}`);
    }
    faults.push(...(await sticksOut(page)).map((element) => `${width}: wider than the window: ${element}`));
  }
  assert.deepEqual(faults, [], faults.join('\n'));
  assertNoTrouble(page);
}
