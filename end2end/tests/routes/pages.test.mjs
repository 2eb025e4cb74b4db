// Every page, in both themes, at two widths and in both languages: drawn without an error, taken over without a
// difference, accessible, and never wider than the window.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { DESKTOP, PHONE, assertNoTrouble, noteCalls, openAccountMenu, picture, show, signIn, startBrowser, sticksOut, visit, visitor } from '../../fixtures/browser.mjs';
import { startEverything } from '../../fixtures/everything.mjs';
import { BEFORE_SETUP, MISSING, PUBLIC } from '../../fixtures/pages.mjs';
import { words } from '../../fixtures/words.mjs';

const WIDTHS = { desktop: DESKTOP, phone: PHONE };
/** The pictures of the README. */
const SHOWN = ['projects', 'repository', 'artifact-layers'];

let berth;
let browser;
let signedIn;
let stop;
before(async () => {
  browser = await startBrowser();
  ({ berth, signedIn, stop } = await startEverything());
});
after(async () => {
  await browser?.close();
  await stop?.();
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
  for (const [name, where] of signedIn) await t.test(name, () => examine(page, name, where));
  await page.context().close();
});

test('pages in Chinese', async (t) => {
  const page = await visitor(browser, berth, { language: 'zh-CN', viewport: PHONE });
  for (const [name, where] of Object.entries(PUBLIC)) await t.test(name, () => examineInChinese(page, name, where));
  await signIn(page, words('zh-CN'), 'admin', ADMIN_PASSWORD);
  for (const [name, where] of signedIn) await t.test(name, () => examineInChinese(page, name, where));
  await page.context().close();
});

test('every page can be left for another one, and come back to', { timeout: 5 * 60_000 }, async () => {
  const page = await visitor(browser, berth);
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  const away = page.locator('#nav').getByRole('link', { name: words('en')('nav.projects'), exact: true });
  for (const [name, where] of signedIn) {
    await visit(page, where);
    if (!(await away.isVisible()) || where.split('?')[0] === '/projects') continue;
    await away.click();
    await page.waitForURL('**/projects');
    await page.locator('main h1').waitFor();
    await page.goBack();
    await page.locator('main h1').waitFor();
    assertNoTrouble(page, name);
  }
  await page.context().close();
});

test('the set-up, and a form with faults', async (t) => {
  const fresh = await startBerth({ fresh: true });
  try {
    const page = await visitor(browser, fresh);
    const link = await fresh.setupLink();
    await t.test('setup', async () => examine(page, 'setup', link));
    for (const [name, where] of Object.entries(BEFORE_SETUP)) await t.test(name, () => examine(page, name, where));
    await t.test('setup with faults', async () => {
      await visit(page, link);
      await page.getByRole('button', { name: words('en')('setup.submit') }).click();
      await page.getByRole('alert').first().waitFor();
      // The answer with the faults has a status that says so.
      page.troubles.splice(0);
      await examineHere(page, 'setup-faults');
    });
    await page.context().close();
    const chinese = await visitor(browser, fresh, { language: 'zh-CN', viewport: PHONE });
    for (const [name, where] of Object.entries({ setup: link, ...BEFORE_SETUP })) {
      await t.test(`${name} in Chinese`, () => examineInChinese(chinese, name, where));
    }
    await chinese.context().close();
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
  const calls = noteCalls(page);
  const answer = await visit(page, where);
  assert.equal(answer.status(), status);
  assert.deepEqual(calls.stop(), [], 'what the server sent along is not asked for again');
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, 'one heading of the first level');
  if (status !== 200) page.troubles.shift();
  await examineHere(page, name);
}

/** The same page on a phone, in the language that is furthest from English. */
async function examineInChinese(page, name, where) {
  await visit(page, where);
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  assert.match(await page.getByRole('heading', { level: 1 }).first().innerText(), /\S/);
  assert.deepEqual(await sticksOut(page), []);
  await picture(page, `zh-CN/${name}`);
  assertNoTrouble(page);
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
