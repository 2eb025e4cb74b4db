// The first things that would be noticed if the portal were broken.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, signOut, startBrowser, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { LANGUAGES, words } from '../../fixtures/words.mjs';

let berth;
let browser;
before(async () => {
  browser = await startBrowser();
  berth = await startBerth();
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

for (const language of LANGUAGES) {
  test(`a visitor signs in and out in ${language}`, async () => {
    const say = words(language);
    const page = await visitor(browser, berth, { language });
    await visit(page, '/sign-in');
    assert.equal(await page.locator('html').getAttribute('lang'), language);
    await signIn(page, say, 'admin', ADMIN_PASSWORD);
    await takenOver(page);
    await page.getByRole('heading', { level: 1, name: say('projects.title') }).waitFor();
    await signOut(page, say, 'system admin');
    assertNoTrouble(page);
    await page.context().close();
  });
}

test('a wrong password is told in words', async () => {
  const say = words('en');
  const page = await visitor(browser, berth);
  await visit(page, '/sign-in');
  await page.getByLabel(say('sign_in.username_or_email')).fill('admin');
  await page.getByLabel(say('sign_in.password')).fill('Wrong-Password-9');
  await page.getByRole('button', { name: say('sign_in.submit'), exact: true }).click();
  await page.getByText(say('sign_in.wrong'), { exact: true }).waitFor();
  assert.equal(await page.getByLabel(say('sign_in.username_or_email')).inputValue(), 'admin');
  await page.context().close();
});

test('an address that names nothing is answered by a page with that status', async () => {
  const page = await visitor(browser, berth);
  const statusOf = async (where) => {
    const answer = await page.goto(where);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return answer.status();
  };
  assert.equal(await statusOf('/nothing/here'), 404);
  assert.equal(await statusOf('/projects/library/not-there'), 404);
  // What is hidden and what does not exist look the same to a stranger.
  await berth.api('POST', '/projects', { project_name: 'hidden', metadata: { public: 'false' } });
  assert.equal(await statusOf('/projects/hidden'), 401);
  assert.equal(await statusOf('/projects/not-there'), 401);
  await signIn(page, words('en'), 'admin', ADMIN_PASSWORD);
  assert.equal(await statusOf('/projects/hidden'), 200);
  assert.equal(await statusOf('/projects/not-there'), 404);
  await page.context().close();
});

test('the theme is chosen by a button, remembered, and there before the first paint', async () => {
  const page = await visitor(browser, berth);
  await visit(page, '/sign-in');
  const theme = () => page.locator('html').getAttribute('data-theme');
  assert.equal(await theme(), null);
  const button = page.getByRole('button', { name: words('en')('theme.toggle', { theme: 'System' }) });
  await button.click();
  await page.locator('html[data-theme="light"]').waitFor();
  await page.locator('header button').last().click();
  await page.locator('html[data-theme="dark"]').waitFor();
  const html = await (await page.request.get('/sign-in')).text();
  assert.match(html, /<html[^>]*data-theme="dark"/);
  assertNoTrouble(page);
  await page.context().close();
});

test('Tab reaches the content first, and the keys of the portal work', async () => {
  const page = await visitor(browser, berth);
  await visit(page, '/projects');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#main');
  await page.keyboard.press('/');
  const search = page.getByRole('searchbox', { name: words('en')('projects.filter') });
  assert.ok(await search.evaluate((element) => element === document.activeElement));
  assertNoTrouble(page);
  await page.context().close();
});

test('the module is the same for a client that takes no packed answer', async () => {
  const html = await (await fetch(`${berth.url}/sign-in`)).text();
  const [path] = html.match(/\/assets\/[0-9a-f]+\/berth_bg\.wasm/);
  const read = async (coding) => {
    const answer = await fetch(`${berth.url}${path}`, { headers: { 'accept-encoding': coding } });
    return { coding: answer.headers.get('content-encoding'), bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const [plain, packed] = [await read('identity'), await read('gzip')];
  assert.deepEqual([plain.coding, packed.coding], [null, 'gzip']);
  assert.ok(plain.bytes.equals(packed.bytes) && WebAssembly.validate(plain.bytes));
});
