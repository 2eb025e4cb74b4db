// The page of a repository: rows that open in place, filters in the address, a tag that goes back, a README that is written.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, signOut, startBrowser, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { registry } from '../../fixtures/push.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
const PAGE = '/projects/team/web/api';
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

const expander = (page) => page.getByRole('link', { name: say('table.expand', { name: 'latest' }) });

test('an index opens in place, and its address opens it again', async () => {
  const page = await person('grace');
  await visit(page, PAGE);
  const names = await page.locator('tbody th .name').allTextContents();
  assert.deepEqual(names.slice(0, 2), ['1.9.0', '1.10.0'], 'tags are in natural order');
  await page.evaluate(() => (globalThis.isSameDocument = true));
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await expander(page).click();
  const child = page.getByRole('link', { name: 'linux/arm64/v8', exact: true });
  await child.waitFor();
  assert.equal(await expander(page).getAttribute('aria-expanded'), 'true');
  assert.match(page.url(), /\?open=latest$/);
  assert.equal(await page.evaluate(() => globalThis.isSameDocument), true);
  assert.deepEqual(asked.filter((url) => url.includes('/api/')), [], 'opening asks the server for nothing');
  assert.deepEqual(await violations(page), []);
  await page.reload();
  await takenOver(page);
  await child.click();
  await page.waitForURL('**/-/artifacts/sha256:*');
  await leave(page);
});

test('without script the same links open and filter', async () => {
  const page = await visitor(browser, berth, { javaScriptEnabled: false });
  await page.goto(PAGE);
  await expander(page).click();
  await page.getByRole('link', { name: 'linux/arm64/v8', exact: true }).waitFor();
  await page.goto(`${PAGE}?platform=linux/arm64`);
  assert.deepEqual(await page.locator('tbody th .name').allTextContents(), ['latest']);
  await page.goto(`${PAGE}?signed=true`);
  await page.getByText(say('shelf.nothing')).waitFor();
  await page.getByRole('link', { name: say('filter.clear'), exact: true }).click();
  await page.getByRole('link', { name: '1.9.0', exact: true }).waitFor();
  await leave(page);
});

test('the command of a row is one click away', async () => {
  const page = await person('grace', { permissions: ['clipboard-read', 'clipboard-write'] });
  await visit(page, PAGE);
  const host = new URL(berth.url).host;
  for (const [key, end] of [['shelf.copy_tag', ':1.10.0'], ['shelf.copy_digest', '@sha256:']]) {
    await page.getByRole('button', { name: say(key, { name: '1.10.0' }), exact: true }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.includes(`${host}/team/web/api${end}`), copied);
  }
  await leave(page);
});

test('a tag goes back to where it was', async () => {
  const client = registry(berth);
  await client.image('team/web/api', 'stable', { seed: 'first' });
  const before = await client.pull('team/web/api', 'stable');
  await client.image('team/web/api', 'stable', { seed: 'second' });
  const page = await person('grace');
  await visit(page, `${PAGE}?tab=history&q=stable`);
  const restore = page.getByRole('button', { name: say('shelf.restore_to', { tag: 'stable', digest: before.slice(7, 19) }) });
  await restore.click();
  await page.getByText(say('shelf.restored_notice', { tag: 'stable' })).first().waitFor();
  await page.getByText(say('shelf.restored', { tag: 'stable' })).first().waitFor();
  assert.equal(await client.pull('team/web/api', 'stable'), before);
  await leave(page);
});

test('a README is written with a preview, and is safe', async () => {
  const page = await person('ada');
  await visit(page, `${PAGE}/-/description`);
  const text = '# Web API\n\nServes **pages**.\n\n```sh\ndocker run web\n```\n\n<img src=x onerror="document.title=\'stolen\'"> [x](javascript:alert(1))';
  await page.locator('textarea[name="description"]').fill(text);
  await page.locator('.prose h3', { hasText: 'Web API' }).waitFor();
  // Left without saving, the text is there again, and gone when it is not wanted.
  await page.getByRole('link', { name: say('common.cancel'), exact: true }).click();
  await page.locator('textarea[name="description"]').waitFor({ state: 'detached' });
  await page.goBack();
  await page.getByText(say('shelf.draft'), { exact: true }).waitFor();
  await page.waitForFunction((wanted) => document.querySelector('textarea[name="description"]').value === wanted, text);
  await page.getByRole('button', { name: say('shelf.draft_discard'), exact: true }).click();
  const field = page.locator('textarea[name="description"]');
  assert.equal(await field.inputValue(), '');
  // What somebody else wrote meanwhile is not replaced without a word.
  await field.fill(text);
  await page.locator('.prose h3', { hasText: 'Web API' }).waitFor();
  const change = (description) => berth.api('PUT', '/projects/team/repositories/web%252Fapi', { description });
  await change('Written by another');
  await visit(page, `${PAGE}/-/description`);
  await page.getByText(say('shelf.draft_old'), { exact: true }).waitFor();
  assert.equal(await field.inputValue(), text);
  await change('');
  // Whoever signs out leaves no draft in the tab.
  await signOut(page, say, 'Ada Okafor');
  await takenOver(page);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await signIn(page, say, 'ada', PASSWORD);
  await visit(page, `${PAGE}/-/description`);
  assert.equal(await field.inputValue(), '');
  await field.fill(text);
  await page.getByRole('button', { name: say('common.save'), exact: true }).click();
  await page.getByText(say('repository.info_saved')).first().waitFor();
  const prose = page.locator('.prose');
  await prose.locator('strong', { hasText: 'pages' }).waitFor();
  assert.equal(await prose.locator('img, [onerror], a[href^="javascript"]').count(), 0);
  assert.doesNotMatch(await page.title(), /stolen/);
  // What was saved is no draft.
  await visit(page, `${PAGE}/-/description`);
  await page.locator('.prose strong', { hasText: 'pages' }).waitFor();
  assert.equal(await page.getByText(say('shelf.draft'), { exact: true }).count(), 0);
  assert.deepEqual(await violations(page), []);
  await leave(page);
});
