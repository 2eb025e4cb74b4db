// How pages look: dark from the first frame on, cards and sheets on a phone, lists as long as somebody wants them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, basic } from '../../fixtures/berth.mjs';
import { DESKTOP, PHONE, assertNoTrouble, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
const LAYERS = '/projects/team/web/api/-/artifacts/1.10.0/layers';
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

/** Makes a theme the choice of the visitor. */
const choose = (page, theme) => page.context().addCookies([{ name: 'berth_theme', value: theme, url: berth.url }]);

test('what is drawn is light or dark, charts included', async () => {
  const page = await person('ada');
  const canvas = await (await browser.newContext()).newPage();
  const themes = { light: {}, dark: {} };
  for (const [theme, seen] of Object.entries(themes)) {
    await choose(page, theme);
    // The choice counts, whatever the system says.
    await page.emulateMedia({ colorScheme: theme === 'dark' ? 'light' : 'dark', reducedMotion: 'reduce' });
    for (const where of ['/projects', '/projects/team/web/api', LAYERS]) {
      await visit(page, where);
      seen[where] = await brightness(canvas, await page.screenshot({ animations: 'disabled' }));
    }
    seen.chart = await page.locator('main .meter > span').first().evaluate((part) => getComputedStyle(part).backgroundColor);
  }
  const { chart: light, ...bright } = themes.light;
  const { chart: dark, ...dim } = themes.dark;
  for (const [where, value] of Object.entries(bright)) assert.ok(value > 0.8, `${where} is light: ${value}`);
  for (const [where, value] of Object.entries(dim)) assert.ok(value < 0.3, `${where} is dark: ${value}`);
  assert.notEqual(light, dark, 'charts follow the theme');
  await canvas.context().close();
  await leave(page);
});

test('nothing flashes: the first frame has the colours of the last', async () => {
  const page = await person('ada', { colorScheme: 'light' });
  await choose(page, 'dark');
  await page.addInitScript(() => {
    globalThis.frames_seen = [];
    const note = () => {
      if (document.body !== null) globalThis.frames_seen.push(getComputedStyle(document.body).backgroundColor);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  await visit(page, '/projects');
  const frames = await page.evaluate(() => globalThis.frames_seen);
  assert.ok(frames.length > 1, `${frames.length} frames`);
  assert.deepEqual([...new Set(frames)], [frames.at(-1)]);
  await choose(page, 'light');
  await visit(page, '/projects');
  const [light] = await page.evaluate(() => globalThis.frames_seen);
  assert.notEqual(light, frames.at(-1));
  await leave(page);
});

test('on a phone rows are cards and their actions a sheet', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/web/api');
  const row = page.locator('.selectable tbody tr').first();
  const display = () => row.evaluate((element) => getComputedStyle(element).display);
  const summary = row.locator('.act summary').last();
  const panel = row.locator('.act .menu-panel').last();
  assert.equal(await display(), 'table-row');
  await summary.click();
  assert.ok((await panel.boundingBox()).width < DESKTOP.width / 2);
  await page.keyboard.press('Escape');

  await page.setViewportSize(PHONE);
  assert.equal(await display(), 'grid');
  // Without heads over them the cells say themselves what they are.
  const cell = row.locator('td[data-label]:not(.sel, .act, :empty)').first();
  const label = await cell.evaluate((element) => getComputedStyle(element, '::before').content);
  assert.equal(label, JSON.stringify(await cell.getAttribute('data-label')));
  await summary.click();
  const { x, y, width, height } = await panel.boundingBox();
  assert.deepEqual([Math.round(x), Math.round(width), Math.round(y + height)], [0, PHONE.width, PHONE.height]);
  await leave(page);
});

test('nothing moves for those who want it so', async () => {
  const page = await person('ada');
  const slowest = () =>
    page.evaluate(() => {
      const seconds = [...document.querySelectorAll('*')].flatMap((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element);
        return `${animationDuration}, ${transitionDuration}`.split(', ').map(Number.parseFloat);
      });
      return Math.max(...seconds);
    });
  await visit(page, '/projects/team/web/api');
  assert.ok((await slowest()) <= 0.001);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  assert.ok((await slowest()) > 0.05, 'there is something to leave out');
  await leave(page);
});

/** More projects than the shortest page has rows: only then there is a length to choose. */
async function manyProjects() {
  const headers = { authorization: basic('ada', PASSWORD), 'content-type': 'application/json' };
  for (let number = 1; number <= 26; number += 1) {
    const body = JSON.stringify({ project_name: `length-${number}`, metadata: { public: 'true' } });
    const made = await fetch(`${berth.url}/api/v2.0/projects`, { method: 'POST', headers, body });
    assert.equal(made.status, 201);
  }
}

test('how long lists are is chosen once', async () => {
  await manyProjects();
  const page = await person('ada');
  const size = page.locator('.pager select');
  await visit(page, '/projects');
  await size.selectOption('50');
  await page.waitForURL('**/projects?page_size=50');
  // On pages that the script opens, and on one that the server draws.
  await page.getByRole('link', { name: 'team', exact: true }).first().click();
  await page.waitForURL('**/projects/team');
  await page.getByRole('link', { name: 'team/web/api', exact: true }).first().waitFor();
  assert.equal(await size.count(), 0, 'few rows have no length to choose');
  await page.getByRole('navigation').getByRole('link', { name: say('nav.projects') }).first().click();
  await page.waitForURL('**/projects');
  assert.equal(await size.inputValue(), '50');
  await visit(page, '/projects');
  assert.equal(await size.inputValue(), '50');
  await visit(page, '/projects/team/web/api');
  assert.match(await page.locator('#calls-list').textContent(), /page_size=50'/);
  await leave(page);

  const plain = await person('grace', { javaScriptEnabled: false });
  await plain.goto('/projects?q=e');
  await plain.locator('.pager select').selectOption('100');
  await plain.locator('.pager').getByRole('button', { name: say('pager.apply') }).click();
  await plain.waitForURL('**/projects?q=e&page_size=100');
  await plain.goto('/projects');
  assert.equal(await plain.locator('.pager select').inputValue(), '100');
  await leave(plain);
});

/** How bright a picture is on average, from 0 to 1. */
async function brightness(canvas, png) {
  return canvas.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const [width, height] = [64, 40];
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
    return sum / (width * height * 255);
  }, `data:image/png;base64,${png.toString('base64')}`);
}
