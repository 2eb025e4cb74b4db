// The main pages of a phone in the languages that no other test draws: said to be in that language, whole, and never wider
// than the window.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { PHONE, assertNoTrouble, signIn, startBrowser, sticksOut, visit, visitor } from '../../fixtures/browser.mjs';
import { startEverything } from '../../fixtures/everything.mjs';
import { PUBLIC } from '../../fixtures/pages.mjs';
import { ALL_LANGUAGES, LANGUAGES, words } from '../../fixtures/words.mjs';

const MAIN = [
  'projects',
  'project-new',
  'repositories',
  'set-up-podman',
  'members',
  'robots',
  'repository',
  'artifact',
  'account',
  'admin-users',
  'admin-audit',
  'admin-jobs',
  'admin-clean-up',
  'admin-health',
  'admin-settings',
];

let berth;
let browser;
let fresh;
let setup;
let signedIn;
let stop;
before(async () => {
  browser = await startBrowser();
  ({ berth, signedIn, stop } = await startEverything());
  fresh = await startBerth({ fresh: true });
  setup = await fresh.setupLink();
});
after(async () => {
  await browser?.close();
  await fresh?.stop();
  await stop?.();
});

for (const language of ALL_LANGUAGES.filter((each) => !LANGUAGES.includes(each))) {
  test(`the main pages in ${language}`, async () => {
    const addresses = new Map(signedIn);
    const page = await visitor(browser, berth, { language, viewport: PHONE });
    await examine(page, language, 'setup', setup);
    await examine(page, language, 'sign-in', PUBLIC['sign-in']);
    await signIn(page, words(language), 'admin', ADMIN_PASSWORD);
    for (const name of MAIN) await examine(page, language, name, addresses.get(name));
    await page.context().close();
  });
}

async function examine(page, language, name, where) {
  const answer = await visit(page, where);
  assert.equal(answer.status(), 200, name);
  assert.equal(await page.locator('html').getAttribute('lang'), language, name);
  assert.deepEqual(await sticksOut(page), [], name);
  assert.deepEqual(await page.evaluate(gaps), [], name);
  assertNoTrouble(page);
}

/** Runs in the page: what has no text where a message is missing, and texts with a place that nothing was put into. */
function gaps() {
  const named = [...document.querySelectorAll('title, h1, h2, h3, label, legend, th, a[href], button, summary, option')];
  const isNameless = (element) => element.textContent.trim() === '' && !element.ariaLabel && !element.hasAttribute('aria-labelledby');
  const told = ['aria-label', 'title', 'placeholder'].flatMap((attribute) =>
    [...document.querySelectorAll(`[${attribute}]`)].filter((element) => /^\s*$|\{\w+\}/.test(element.getAttribute(attribute))),
  );
  const unfilled = document.body.innerText.match(/.*\{\w+\}.*/g) ?? [];
  return [...unfilled, ...[...named.filter(isNameless), ...told].map((element) => element.outerHTML.slice(0, 160))];
}
