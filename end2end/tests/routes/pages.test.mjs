// Every page, in both themes, at two widths and in both languages: drawn without an error, taken over without a
// difference, accessible, and never wider than the window.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pushArtifacts } from '../../fixtures/artifacts.mjs';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { DESKTOP, PHONE, assertNoTrouble, openAccountMenu, picture, show, signIn, startBrowser, sticksOut, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { words } from '../../fixtures/words.mjs';

const WIDTHS = { desktop: DESKTOP, phone: PHONE };
const ARTIFACT = '/projects/team/web/api/-/artifacts';
/** Two retention rules while they are written, the second at rest. */
const DRAFT = [
  ...[['0', 'latestPushedK', '1', '1.*'], ['1', 'always', '1', 'stable']].flatMap(([rests, template, number, tags]) => [
    ['raw[]', ''], ['rests[]', rests], ['repos_not[]', '0'], ['repos[]', '**'], ['template[]', template],
    ['number[]', number], ['tags_not[]', '0'], ['tags[]', tags], ['untagged[]', '1'],
  ]),
  ['every', 'week'], ['at', '02:00'], ['weekday', '1'], ['cron', ''],
].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
const BUILT = '/projects/team/built/-/artifacts';

/** What everybody sees. */
const PUBLIC = {
  'sign-in': '/sign-in',
  'sign-up-closed': '/sign-up',
  'projects-anonymous': '/projects',
  'repository-anonymous': '/projects/team/web/api',
  'artifact-anonymous': `${ARTIFACT}/1.10.0`,
  'set-up-anonymous': '/projects/team/-/set-up',
};

/** What an administrator sees: everything. */
const SIGNED_IN = {
  projects: '/projects',
  'projects-none': '/projects?q=nothing-is-called-so',
  'project-new': '/projects/-/new',
  repositories: '/projects/team',
  'repositories-empty': '/projects/ledger',
  'set-up-podman': '/projects/team/-/set-up?client=podman&repository=web/api&tag=1.10.0',
  'set-up-helm': '/projects/team/-/set-up?client=helm',
  'set-up-containerd': '/projects/team/-/set-up?client=containerd',
  'set-up-kubernetes': '/projects/team/-/set-up?client=kubernetes',
  members: '/projects/team/-/members',
  'member-explain': '/projects/team/-/members/explain?user=grace&action=push',
  'member-new-group': '/projects/team/-/members/new-group',
  'member-new': '/projects/team/-/members/new',
  'member-remove': '/projects/team/-/members/:grace/remove',
  robots: '/projects/team/-/robots',
  'robot-new': '/projects/team/-/robots/new',
  labels: '/projects/team/-/labels',
  'label-new': '/projects/team/-/labels/new',
  'artifact-labels': `${ARTIFACT}/1.10.0/labels`,
  retention: '/projects/ledger/-/retention',
  'retention-draft': `/projects/team/-/retention?${DRAFT}`,
  'retention-delete': '/projects/payments/-/retention/delete',
  immutability: '/projects/payments/-/immutability',
  'immutability-none': '/projects/ledger/-/immutability',
  'immutability-new': '/projects/team/-/immutability/new',
  'immutability-edit': '/projects/payments/-/immutability/1',
  'immutability-delete': '/projects/payments/-/immutability/1/delete',
  webhooks: '/projects/payments/-/webhooks',
  'webhooks-none': '/projects/ledger/-/webhooks',
  'webhook-new': '/projects/payments/-/webhooks/new',
  'webhook-edit': '/projects/payments/-/webhooks/1',
  'webhook-delete': '/projects/payments/-/webhooks/1/delete',
  'project-audit': '/projects/team/-/audit',
  'project-storage': '/projects/team/-/storage',
  'project-storage-unused': '/projects/team/-/storage?unused=90',
  'bulk-repositories': '/projects/team/-/bulk?kind=repositories&act=delete&all=1',
  'bulk-tags': '/projects/team/web/api/-/bulk?kind=tags&act=delete&item=latest&item=1.9.0&item=gone',
  'bulk-label': '/projects/team/web/api/-/bulk?kind=artifacts&act=add_label&all=1',
  'bulk-copy': '/projects/team/web/api/-/bulk?kind=artifacts&act=copy&all=1',
  'bulk-users': '/admin/bulk?kind=users&act=delete&all=1',
  'bulk-nothing': '/admin/bulk',
  'projects-starred': '/projects?show=starred',
  'project-settings': '/projects/team/-/settings',
  'project-delete': '/projects/ledger/-/delete',
  repository: '/projects/team/web/api',
  'repository-open': '/projects/team/web/api?open=latest',
  'repository-filtered': '/projects/team/web/api?platform=linux/amd64&signed=true',
  'repository-history': '/projects/team/web/api?tab=history',
  'repository-artifacts': '/projects/team/web/api?tab=artifacts',
  'repository-description': '/projects/team/web/api/-/description',
  'repository-delete': '/projects/team/web/api/-/delete',
  'tag-history': '/projects/team/web/api/-/tags/latest/history',
  'tag-delete': '/projects/team/web/api/-/tags/latest/delete',
  artifact: `${ARTIFACT}/1.10.0`,
  'artifact-layers': `${ARTIFACT}/1.10.0/layers`,
  'artifact-index': `${ARTIFACT}/latest`,
  'artifact-index-layers': `${ARTIFACT}/latest/layers`,
  'artifact-dockerfile': `${ARTIFACT}/1.10.0/layers?view=dockerfile`,
  'artifact-platform': `${BUILT}/:image?of=built`,
  'artifact-built': `${BUILT}/built`,
  'artifact-referrers': `${BUILT}/built/referrers`,
  'artifact-referrers-none': `${ARTIFACT}/1.10.0/referrers`,
  'artifact-attestations': `${BUILT}/built/attestations`,
  'artifact-attestations-none': `${ARTIFACT}/1.10.0/attestations`,
  'artifact-sbom': `${BUILT}/:image/sbom`,
  'artifact-sbom-none': `${ARTIFACT}/1.10.0/sbom`,
  'artifact-vulnerabilities': `${ARTIFACT}/1.10.0/vulnerabilities`,
  'artifact-manifest': `${ARTIFACT}/1.10.0/manifest`,
  'artifact-config': `${ARTIFACT}/1.10.0/manifest?view=config`,
  'artifact-chart': '/projects/team/charts/ledger/-/artifacts/1.2.3',
  'artifact-readme': '/projects/team/charts/ledger/-/artifacts/1.2.3/documents',
  'artifact-values': '/projects/team/charts/ledger/-/artifacts/1.2.3/documents?file=values',
  'artifact-files': '/projects/team/files/-/artifacts/v1/layers',
  'artifact-tag-new': `${ARTIFACT}/1.10.0/tag`,
  'artifact-delete': `${ARTIFACT}/1.10.0/delete`,
  search: '/search?q=team',
  'search-start': '/search',
  account: '/account',
  'account-password': '/account/password',
  'account-tokens': '/account/tokens',
  'account-token-new': '/account/tokens/new',
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
  'admin-groups': '/admin/groups',
  'admin-group-new': '/admin/groups/new',
  'admin-group': '/admin/groups/1',
  'admin-group-delete': '/admin/groups/1/delete',
  'admin-registries': '/admin/registries',
  'admin-registry-new': '/admin/registries/new',
  'admin-registry': '/admin/registries/1',
  'admin-registry-delete': '/admin/registries/1/delete',
  'admin-replication': '/admin/replication',
  'admin-rule-new': '/admin/replication/new',
  'admin-rule': '/admin/replication/1',
  'admin-rule-delete': '/admin/replication/1/delete',
  'admin-scanners': '/admin/scanners',
  'admin-scanner-new': '/admin/scanners/new',
  'admin-allowlist': '/admin/allowlist',
  'admin-preheat': '/admin/preheat',
  'admin-network-new': '/admin/preheat/new',
  'admin-network': '/admin/preheat/networks/dragon',
  'admin-network-delete': '/admin/preheat/networks/dragon/delete',
  'project-scanner': '/projects/team/-/scanner',
  'project-allowlist': '/projects/team/-/allowlist',
  'project-preheat': '/projects/team/-/preheat',
  'project-preheat-new': '/projects/team/-/preheat/new',
  'project-preheat-policy': '/projects/team/-/preheat/policies/warm',
  'project-preheat-delete': '/projects/team/-/preheat/policies/warm/delete',
  'admin-audit': '/admin/audit',
  'admin-jobs': '/admin/jobs?view=all&job=1',
  'admin-jobs-none': '/admin/jobs?view=failed',
  'admin-jobs-queues': '/admin/jobs?view=queues&pause=all',
  'admin-jobs-schedules': '/admin/jobs?view=schedules',
  'admin-jobs-workers': '/admin/jobs?view=workers&stop_job=1',
  'admin-clean-up': '/admin/clean-up',
  'admin-clean-up-ask': '/admin/clean-up?ask=now&untagged=true',
  'admin-clean-up-runs': '/admin/clean-up?tab=runs',
  'admin-clean-up-schedule': '/admin/clean-up?tab=schedule',
  'admin-clean-up-purge': '/admin/clean-up?tab=purge&purge=ask&days=30&event=pull_artifact',
  'admin-health': '/admin/health',
  'admin-settings': '/admin/settings',
  'admin-settings-found': '/admin/settings?q=token',
  'admin-audit-filtered': '/admin/audit?operation=create&kind=project',
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
  const { image } = await pushArtifacts(berth);
  for (const name of ['artifact-platform', 'artifact-sbom']) SIGNED_IN[name] = SIGNED_IN[name].replace(':image', image.digest);
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
