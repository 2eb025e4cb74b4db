// The keyboard on every page that links lead to: Tab reaches each control, shows where it is, and gets out again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD } from '../../fixtures/berth.mjs';
import { startBrowser, signIn, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { shape } from '../../fixtures/pages.mjs';
import { words } from '../../fixtures/words.mjs';

/** Where the walk begins; it follows every link to a page of the portal. */
const STARTS = ['/projects', '/search?q=team', '/account', '/admin/users'];
const PAGES_MIN = 30;
const PAGES_MAX = 150;

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

test('Tab reaches every control of every page', { timeout: 4 * 60_000 }, async () => {
  const page = await visitor(browser, berth);
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  const waiting = [...STARTS];
  const known = new Set(waiting.map(shape));
  const faults = [];
  let walked = 0;
  while (waiting.length > 0 && walked < PAGES_MAX) {
    const where = waiting.shift();
    const answer = await visit(page, where);
    if (answer.status() !== 200) continue;
    walked += 1;
    for (const link of await page.evaluate(links)) {
      if (known.has(shape(link))) continue;
      known.add(shape(link));
      waiting.push(link);
    }
    faults.push(...(await walk(page)).map((fault) => `${where}: ${fault}`));
  }
  assert.deepEqual(faults, [], faults.join('\n'));
  assert.ok(walked >= PAGES_MIN, `only ${walked} pages were walked`);
  await page.context().close();
});

/** Tabs through the page as it is; what is not reached, and where the focus cannot be seen. */
async function walk(page) {
  const controls = await page.evaluate(mark);
  const reached = new Set();
  const unseen = [];
  // Once round, and a little more for what appears on the way.
  for (let press = 0; press < controls.length + 8 && reached.size < controls.length; press += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(stop);
    if (at.mark !== null && !reached.has(at.mark) && !at.isSeen) unseen.push(`the focus is not seen on ${at.html}`);
    if (at.mark !== null) reached.add(at.mark);
  }
  const missed = controls.filter(({ mark }) => !reached.has(mark)).map(({ html }) => `Tab does not reach ${html}`);
  return [...missed, ...unseen];
}

/** Runs in the page: the pages of the portal that it links to, without their queries. */
function links() {
  const own = [...document.querySelectorAll('a[href]:not([download]):not([rel~="external"])')];
  const addresses = own.map((link) => new URL(link.href)).filter((url) => url.origin === location.origin);
  return addresses.map((url) => url.pathname).filter((path) => !/^\/(api|v2|c|service|assets|_portal)\//.test(path));
}

/** Runs in the page: marks every control that the Tab key has to reach, and puts the focus before the first. */
function mark() {
  const selector = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex]';
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const isStop = (element) => {
    if (element.disabled || element.tabIndex < 0 || !isShown(element)) return false;
    // Arrows move between the radio buttons of a group: it is one stop.
    if (element.type !== 'radio') return true;
    const group = [...document.querySelectorAll(`input[type="radio"][name="${CSS.escape(element.name)}"]`)];
    const own = group.filter((each) => each.form === element.form && !each.disabled);
    return element === (own.find((each) => each.checked) ?? own[0]);
  };
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  return [...document.querySelectorAll(selector)].filter(isStop).map((element, index) => {
    element.dataset.tabStop = index;
    return { mark: String(index), html: element.outerHTML.slice(0, 160) };
  });
}

/** Runs in the page: where the focus is, and whether it can be seen. */
function stop() {
  const active = document.activeElement;
  if (active === null || active === document.body) return { mark: null, isSeen: true, html: '' };
  const around = [active, active.parentElement, active.parentElement?.parentElement].filter(Boolean);
  const hasOutline = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
  };
  return { mark: active.dataset.tabStop ?? null, isSeen: around.some(hasOutline), html: active.outerHTML.slice(0, 160) };
}
