// The keyboard on every page: Tab reaches each control, shows where it is, and gets out again; menus open, are walked and
// close by keys; what stays in its place does not lie over what has the focus.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD } from '../../fixtures/berth.mjs';
import { PHONE, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
import { startEverything } from '../../fixtures/everything.mjs';
import { PUBLIC } from '../../fixtures/pages.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
/** For stops that are no controls: a date has one for each of its parts, a box that scrolls has one. */
const SPARE_PRESSES = 16;

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

async function administrator(options) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  return page;
}

test('Tab reaches every control of the pages for everybody', async () => {
  const page = await visitor(browser, berth);
  assertNone(await walkPages(page, Object.entries(PUBLIC)));
  await page.context().close();
});

test('Tab reaches every control of the pages behind the door', { timeout: 6 * 60_000 }, async () => {
  const page = await administrator();
  assertNone(await walkPages(page, signedIn));
  await page.context().close();
});

test('menus open, are walked and close by keys', { timeout: 2 * 60_000 }, async () => {
  const page = await administrator();
  const { kinds, pages } = await withMenus(page);
  const walked = new Set();
  const faults = [];
  for (const [name, where] of pages) {
    await visit(page, where);
    const menus = page.locator('details:visible');
    const here = await menus.evaluateAll((all) => all.map((menu) => menu.outerHTML));
    for (const [at, kind] of here.map(kindOf).entries()) {
      if (walked.has(kind)) continue;
      walked.add(kind);
      faults.push(...(await walkMenu(page, menus.nth(at))).map((fault) => `${name}: ${fault}`));
    }
  }
  assertNone(faults);
  assertNone(kinds.filter((kind) => !walked.has(kind)));
  await page.context().close();
});

test('the navigation of a phone opens, is walked and closes by keys', async () => {
  const page = await administrator({ viewport: PHONE });
  await visit(page, '/projects/team');
  const nav = page.locator('#nav');
  const opener = page.getByRole('button', { name: say('shell.open_nav') });
  await opener.focus();
  await page.keyboard.press('Enter');
  await nav.waitFor();
  assertNone(await walk(page, await nav.evaluate(mark)));
  await page.keyboard.press('Escape');
  await nav.waitFor({ state: 'hidden' });
  assert.ok(await hasFocus(opener), 'it gives the focus back');
  await page.context().close();
});

test('nothing lies over what has the focus on a long page of a phone', async () => {
  const page = await administrator({ viewport: PHONE });
  await visit(page, '/admin/settings');
  assert.ok((await page.evaluate(() => document.documentElement.scrollHeight)) > 5 * PHONE.height, 'the page is long');
  assertNone(await thereAndBack(page));
  await page.context().close();
});

test('nothing lies over what has the focus in a list whose rows are ticked', async () => {
  const page = await administrator({ viewport: PHONE });
  for (const where of ['/admin/users?page_size=50', '/projects/team/web/api?page_size=50']) {
    await visit(page, where);
    await page.locator('tbody .sel input').first().check();
    await page.locator('form.bulk').waitFor();
    assertNone(await thereAndBack(page));
  }
  await page.context().close();
});

/** Tabs through a page and back; what lies over the control that has the focus meanwhile. */
async function thereAndBack(page) {
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  const controls = await page.evaluate(mark);
  const faults = [];
  await page.keyboard.press('Tab');
  for (const key of ['Tab', 'Shift+Tab']) {
    // There and back: the last press of either way would leave the page.
    for (let press = 1; press < controls.length; press += 1) {
      await page.keyboard.press(key);
      faults.push(...(await page.evaluate(cover)).map((fault) => `${key}: ${fault}`));
    }
  }
  return faults;
}

const assertNone = (faults) => assert.deepEqual(faults, [], faults.join('\n'));

const hasFocus = (control) => control.evaluate((element) => element === document.activeElement);

/** Walks pages as they are, from their first control on. */
async function walkPages(page, pages) {
  const faults = [];
  for (const [name, where] of pages) {
    const answer = await visit(page, where);
    assert.equal(answer.status(), 200, where);
    // A page may have given the focus to a control.
    await page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
      document.body.removeAttribute('tabindex');
    });
    const controls = await page.evaluate(mark);
    faults.push(...(await walk(page, controls)).map((fault) => `${name}: ${fault}`));
  }
  return faults;
}

/** Tabs through the controls that `mark` gave; which are not reached, and where the focus cannot be seen. */
async function walk(page, controls) {
  const stops = () => page.evaluate(() => globalThis.stops_seen);
  let seen = await stops();
  for (let presses = 0; presses < controls.length + SPARE_PRESSES; ) {
    const missing = controls.length - Object.keys(seen).length;
    if (missing === 0) break;
    // A key that is held down repeats without waiting for what it does; a walk takes a quarter of the time so.
    await Promise.all(Array.from({ length: missing }, () => page.keyboard.down('Tab')));
    await page.keyboard.up('Tab');
    presses += missing;
    seen = await stops();
  }
  return controls.flatMap((html, index) => {
    if (!(index in seen)) return [`Tab does not reach ${html}`];
    return seen[index] ? [] : [`the focus is not seen on ${html}`];
  });
}

/** Opens a menu, goes through its entries and closes it; what of that does not work. */
async function walkMenu(page, menu) {
  const summary = menu.locator('summary');
  const name = await summary.evaluate((element) => element.outerHTML.slice(0, 160));
  const isOpen = () => menu.evaluate((element) => element.open);
  await summary.focus();
  // What is open already is closed first.
  if (await isOpen()) await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  if (!(await isOpen())) return [`Enter does not open ${name}`];
  const faults = await walk(page, await menu.evaluate(mark));
  // What is opened beside the text it belongs to is no menu, and stays.
  if (faults.length > 0 || !(await menu.evaluate((element) => element.matches('.menu')))) return faults;
  await page.keyboard.press('Escape');
  if (await isOpen()) return [`Escape does not close ${name}`];
  if (!(await hasFocus(summary))) return [`the focus does not come back to ${name}`];
  const entries = menu.locator('.menu-item');
  if ((await entries.count()) > 0) {
    // From the button down to the first entry, up to the last, and beyond it to the first again.
    for (const [key, entry] of [['ArrowDown', entries.first()], ['ArrowUp', entries.last()], ['ArrowDown', entries.first()], ['End', entries.last()]]) {
      await page.keyboard.press(key);
      if (!(await hasFocus(entry))) return [`${key} does not lead on in ${name}`];
    }
  } else {
    await page.keyboard.press('Enter');
  }
  await page.mouse.click(2, 2);
  return (await isOpen()) ? [`a press beside it does not close ${name}`] : [];
}

/** Finds the kinds of menus, and pages that show each of them. */
async function withMenus(page) {
  const kinds = new Set();
  const pages = [];
  for (const [name, where] of signedIn) {
    const html = await (await page.request.get(where)).text();
    const before = kinds.size;
    for (const [menu] of html.matchAll(/<details.*?<\/details>/gs)) kinds.add(kindOf(menu));
    if (kinds.size > before) pages.push([name, where]);
  }
  return { kinds: [...kinds], pages };
}

/** What menus of one kind have in common: their elements but for icons, whatever these say and wherever they lead. */
const kindOf = (html) => html.match(/<(?!svg|use)[a-z]\w*/g).join('');

/** Runs in the page: finds the controls that the Tab key has to reach, and notes from now on where the focus comes. */
function mark(root = document) {
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
  const hasOutline = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
  };
  const controls = [...root.querySelectorAll(selector)].filter(isStop);
  const seen = {};
  const note = (element) => {
    const around = [element, element.parentElement, element.parentElement?.parentElement].filter(Boolean);
    if (controls.includes(element)) seen[controls.indexOf(element)] ??= around.some(hasOutline);
  };
  note(document.activeElement);
  document.addEventListener('focusin', (event) => note(event.target));
  globalThis.stops_seen = seen;
  return controls.map((element) => element.outerHTML.slice(0, 160));
}

/** Runs in the page: what lies over the middle of the control that has the focus. */
function cover() {
  const active = document.activeElement;
  const { left, top, width, height } = active.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  if (over !== null && (active.contains(over) || over.contains(active))) return [];
  return [`${over?.outerHTML.slice(0, 160) ?? 'the edge of the window'} lies over ${active.outerHTML.slice(0, 160)}`];
}
