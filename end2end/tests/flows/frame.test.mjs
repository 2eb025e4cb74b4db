// What is the same on all pages: the palette, keys, the calls as commands, access tokens, views of logs, settings, print.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, PASSWORD, basic } from '../../fixtures/berth.mjs';
import { assertNoTrouble, drawn, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
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
  await signIn(page, say, username, username === 'admin' ? ADMIN_PASSWORD : PASSWORD);
  return page;
}

async function leave(page) {
  assertNoTrouble(page);
  await page.context().close();
}

const focusIsIn = (page, selector) =>
  page.waitForFunction((within) => document.querySelector(within)?.contains(document.activeElement), selector);

/** Runs in the page: notes what the live regions that it has now come to say. Screen readers follow no others for sure. */
function listen() {
  globalThis.regions_said = [];
  for (const region of document.querySelectorAll('[role="status"], [aria-live]')) {
    const note = () => globalThis.regions_said.push(...[region, ...region.children].map((said) => said.textContent));
    new MutationObserver(note).observe(region, { childList: true, characterData: true, subtree: true });
  }
}

const isSaid = (page, text) => page.waitForFunction((wanted) => globalThis.regions_said.includes(wanted), text);

test('the palette finds what is there, by keyboard alone', async () => {
  const page = await person('ada');
  await visit(page, '/projects');
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: say('palette.label') });
  await box.waitFor();
  await focusIsIn(page, '#palette .search');
  await box.fill('team/web');
  const options = page.locator('#palette [role="option"]');
  await options.filter({ hasText: 'team/web/api' }).first().waitFor();
  assert.deepEqual(await violations(page), []);
  // The first digits of a digest lead to the artifact.
  const tags = await (await fetch(`${berth.url}/api/berth/v1/projects/team/repositories/web%252Fapi/tags`)).json();
  const { digest } = tags.find((tag) => tag.name === '1.10.0');
  await box.fill(digest.slice('sha256:'.length, 'sha256:'.length + 8));
  await options.filter({ hasText: 'team/web/api@' }).first().waitFor();
  assert.equal(await box.getAttribute('aria-activedescendant'), await options.first().getAttribute('id'));
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/projects/team/web/api/-/artifacts/${digest}`);
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'web/api' }).waitFor();
  await focusIsIn(page, '#main');
  await page.keyboard.press('Control+k');
  await box.waitFor();
  await box.fill('tokens');
  await options.filter({ hasText: say('account.tokens.title') }).first().waitFor();
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'hidden' });
  await leave(page);
});

test('the palette leads to a setting, and does what is chosen', async () => {
  const page = await person('admin');
  await visit(page, '/projects');
  const box = page.getByRole('combobox', { name: say('palette.label') });
  const options = page.locator('#palette [role="option"]');
  const choose = async (typed, name) => {
    await page.keyboard.press('Control+k');
    await box.waitFor();
    await focusIsIn(page, '#palette .search');
    await box.fill(typed);
    await options.filter({ hasText: name }).first().waitFor();
  };
  const focused = (id) => page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
  // By a word of its explanation, from another page.
  await choose('docker signing in', say('admin_settings.item.token_expiration'));
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => `${url.pathname}${decodeURIComponent(url.hash)}` === '/admin/settings#f-values[token_expiration]');
  await focused('f-values[token_expiration]');
  // By its name, on the same page.
  await choose('read only', say('admin_settings.item.read_only'));
  await page.keyboard.press('Enter');
  await focused('f-values[read_only]');
  await choose('language', say('account.preferences.language'));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => `${url.pathname}${url.hash}` === '/account/preferences#f-lang');
  await focused('f-lang');

  await choose(say('theme.dark'), say('theme.dark'));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  await choose(say('nav.sign_out'), say('nav.sign_out'));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/sign-in*');
  await leave(page);
});

test('strangers find nothing private', async () => {
  const page = await person('linus');
  await visit(page, '/search?q=ledger');
  await page.getByText(say('search.nothing'), { exact: true }).waitFor();
  await visit(page, '/search?q=team');
  await page.getByRole('link', { name: 'team/tools', exact: true }).waitFor();
  await leave(page);
});

test('the search works without script', async () => {
  const page = await visitor(browser, berth, { javaScriptEnabled: false });
  await page.goto('/projects');
  await page.getByRole('textbox', { name: say('palette.box') }).fill('team:1.10');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'team/web/api:1.10.0', exact: true }).waitFor();
  await page.getByText(say('calls.title'), { exact: true }).click();
  await page.getByText(/^curl '.*\/api\/berth\/v1\/search\?q=team%3A1\.10/).waitFor();
  await page.context().close();

  const admin = await person('admin', { javaScriptEnabled: false });
  await admin.goto('/search?q=read-only');
  await admin.getByRole('link', { name: say('admin_settings.item.read_only'), exact: true }).click();
  const field = admin.locator('[id="f-values[read_only]"]');
  await field.waitFor();
  assert.equal(await field.evaluate((element) => element === document.activeElement), true);
  await admin.goto('/search?q=sign%20out');
  await admin.getByRole('button', { name: say('nav.sign_out'), exact: true }).last().click();
  await admin.waitForURL('**/sign-in*');
  await admin.context().close();
});

test('keys lead about, and never while somebody types', async () => {
  const page = await person('admin');
  await visit(page, '/projects/team');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: say('keyboard.title') });
  await help.waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });

  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.waitForURL('**/projects/team/-/members');
  // The focus is on the new page, and its title is said.
  await focusIsIn(page, '#main');
  await page.getByRole('status').filter({ hasText: say('nav.members') }).first().waitFor();

  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.waitForURL('**/admin/health');
  await focusIsIn(page, '#main');

  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.waitForURL('**/projects');
  await focusIsIn(page, '#main');
  await page.getByRole('rowheader').first().waitFor();
  await page.keyboard.press('j');
  await focusIsIn(page, 'tbody tr:nth-child(1)');
  await page.keyboard.press('j');
  await focusIsIn(page, 'tbody tr:nth-child(2)');
  await page.keyboard.press('k');
  await focusIsIn(page, 'tbody tr:nth-child(1)');

  await page.keyboard.press('/');
  await focusIsIn(page, '.filters .search');
  await page.keyboard.type('g?jkp');
  assert.equal(await page.getByRole('searchbox').inputValue(), 'g?jkp');
  assert.equal(await help.isVisible(), false);
  await leave(page);
});

test('what was done is said in a region that was there before', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/-/labels/new');
  await page.evaluate(listen);
  await page.getByLabel(say('labels.name'), { exact: true }).fill('checked');
  await page.getByRole('button', { name: say('labels.create'), exact: true }).click();
  await isSaid(page, say('labels.created_notice', { name: 'checked' }));
  // The title of the page that follows does not take its place.
  const region = page.locator('[role="status"][aria-atomic="false"]');
  await region.filter({ hasText: say('labels.title') }).waitFor({ state: 'attached' });
  assert.match(await region.textContent(), new RegExp(say('labels.created_notice', { name: 'checked' })));
  await leave(page);
});

test('a page that the server draws says it too, after it is there', async () => {
  const page = await person('grace');
  await page.addInitScript(`document.addEventListener('DOMContentLoaded', ${listen})`);
  await visit(page, '/account?notice=profile-saved');
  await isSaid(page, say('account.profile.saved'));
  await leave(page);
});

test('copying works where the page came by plain HTTP, and says where it does not', async () => {
  const page = await person('grace');
  // What is not in a secure context has no clipboard.
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await visit(page, '/projects/team/web/api');
  const button = page.locator('.copy .icon-copy:visible').first();
  const command = await page.locator('.copy:visible code').first().textContent();
  await button.click();
  await page.locator('.icon-copy[data-done]').first().waitFor();
  assert.equal(await button.evaluate((element) => element === document.activeElement), true);
  const search = page.locator('.filters .search input').first();
  await search.fill('');
  await search.press('Control+v');
  assert.equal(await search.inputValue(), command);

  await page.evaluate(() => {
    document.execCommand = () => false;
  });
  await page.evaluate(listen);
  await button.click();
  const toast = page.locator('#toasts .toast');
  await toast.getByText(say('copy.refused'), { exact: true }).waitFor();
  await page.waitForFunction((text) => globalThis.regions_said.some((said) => said.includes(text)), say('copy.by_hand'));
  await search.press('F6');
  await focusIsIn(page, '#toasts');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await toast.waitFor({ state: 'detached' });
  await leave(page);
});

test('a page whose code is not to be had is loaded whole', async () => {
  const page = await person('admin');
  await visit(page, '/projects/team');
  // A new version took the place of the server's: parts of the old one are gone.
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: '' }));
  await page.getByRole('link', { name: say('nav.members'), exact: true }).click();
  await page.getByRole('heading', { level: 1, name: say('members.title') }).waitFor();
  await page.getByRole('row', { name: /grace/ }).first().waitFor();
  // Without them it is read as without script, and not loaded again and again.
  assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].type), 'reload');
  await page.unroute('**/*.wasm');
  page.troubles.splice(0);
  await visit(page, '/projects');
  // The same for a page whose code is loaded before its address is gone to.
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: '' }));
  await page.getByRole('link', { name: say('nav.users'), exact: true }).click();
  await page.waitForURL('**/admin/users');
  await page.getByRole('heading', { level: 1, name: say('admin_users.title') }).waitFor();
  await page.unroute('**/*.wasm');
  page.troubles.splice(0);
  await visit(page, '/projects/team/-/members');
  await leave(page);
});

test('the palette knows the pages of the project, and is typed over', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team');
  const box = page.getByRole('combobox', { name: say('palette.label') });
  await page.keyboard.press('Control+k');
  await box.waitFor();
  await box.fill('dark');
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+k');
  await focusIsIn(page, '#palette .search');
  await page.keyboard.type('retention');
  await page.locator('#palette [role="option"]').filter({ hasText: say('nav.retention') }).first().waitFor();
  assert.equal(await box.inputValue(), 'retention');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/projects/team/-/retention');
  await leave(page);
});

test('a list ends on its last page', async () => {
  const page = await person('ada');
  await visit(page, '/projects/team/web/api?page=99&page_size=25');
  await page.waitForURL((url) => url.searchParams.get('page') === null);
  await page.getByRole('rowheader').first().waitFor();
  await leave(page);
});

test('what was done is not said again when the page is loaded again', async () => {
  const page = await person('grace');
  await visit(page, '/account?notice=profile-saved');
  await page.locator('main').getByText(say('account.profile.saved')).waitFor();
  await page.waitForURL((url) => url.search === '');
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await page.locator('main').getByText(say('account.profile.saved')).count(), 0);
  await leave(page);
});

test('each page says its own calls', async () => {
  const page = await person('admin');
  await visit(page, '/projects');
  await page.getByText(say('calls.title'), { exact: true }).click();
  const list = page.locator('#calls-list');
  assert.match(await list.textContent(), new RegExp(`^curl -u admin '${berth.url}/api/berth/v1/projects\\?`));
  await page.getByRole('link', { name: say('nav.users'), exact: true }).click();
  await page.waitForURL('**/admin/users');
  await page.waitForFunction(() => document.querySelector('#calls-list').textContent.includes('/api/v2.0/users?'));
  assert.doesNotMatch(await list.textContent(), /berth\/v1\/projects\?/);
  // What is copied is what is shown, and it works as it stands.
  const command = (await list.textContent()).split('\n').find((line) => line.includes('/api/v2.0/users?'));
  const [, address] = command.match(/^curl -u admin '(.+)'$/);
  const answer = await fetch(address, { headers: { authorization: basic('admin', ADMIN_PASSWORD) } });
  assert.equal(answer.status, 200);
  await leave(page);
});

test('a token is made, used and revoked', async () => {
  const page = await person('grace');
  await visit(page, '/account/tokens');
  await page.getByRole('link', { name: say('account.tokens.new'), exact: true }).first().click();
  await page.getByLabel(say('account.tokens.name'), { exact: true }).fill('laptop');
  await page.getByRole('radio', { name: say('account.tokens.read_write') }).check();
  await page.getByLabel(say('account.tokens.expiry'), { exact: true }).selectOption('30');
  await page.getByRole('button', { name: say('account.tokens.submit'), exact: true }).click();
  await page.getByText(`docker login ${berth.host} -u grace --password-stdin`).waitFor();
  assert.deepEqual(await violations(page), []);
  const secret = await page.locator('.secret code').innerText();
  assert.match(secret, /^[A-Za-z0-9]{32}$/);
  const whoAmI = () => fetch(`${berth.url}/api/v2.0/users/current`, { headers: { authorization: basic('grace', secret) } });
  assert.equal((await (await whoAmI()).json()).username, 'grace');

  await page.getByRole('link', { name: say('robots.secret.stored'), exact: true }).click();
  const row = page.getByRole('row', { name: /laptop/ });
  await row.waitFor();
  assert.equal(await page.getByText(secret).count(), 0);
  await row.getByRole('link', { name: say('account.tokens.revoke_label', { name: 'laptop' }) }).click();
  await page.getByText(say('account.tokens.revoke_effect')).waitFor();
  await page.getByRole('button', { name: say('account.tokens.revoke_submit'), exact: true }).click();
  await page.getByText(say('account.tokens.revoked', { name: 'laptop' })).first().waitFor();
  assert.equal((await whoAmI()).status, 401);
  await leave(page);
});

test('a token is made without script, and its secret is shown once', async () => {
  const page = await person('linus', { javaScriptEnabled: false });
  await page.goto('/account/tokens/new');
  await page.getByLabel(say('account.tokens.name'), { exact: true }).fill('  ');
  await page.getByRole('button', { name: say('account.tokens.submit'), exact: true }).click();
  await page.getByText(say('validation.name_required')).first().waitFor();
  await page.getByLabel(say('account.tokens.name'), { exact: true }).fill('plain');
  await page.getByRole('button', { name: say('account.tokens.submit'), exact: true }).click();
  await page.waitForURL(/\/account\/tokens\/\d+$/);
  const secret = await page.locator('.secret code').innerText();
  const authorization = basic('linus', secret);
  assert.equal((await fetch(`${berth.url}/api/v2.0/users/current`, { headers: { authorization } })).status, 200);
  // It reads only: that is what is chosen at first.
  const body = JSON.stringify({ project_name: 'by-token' });
  const made = { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body };
  assert.equal((await fetch(`${berth.url}/api/v2.0/projects`, made)).status, 403);
  await page.reload();
  await page.getByText(say('account.tokens.gone'), { exact: true }).waitFor();
  await page.context().close();
});

test('a search of the log gets a name', async () => {
  const page = await person('admin');
  await visit(page, '/admin/audit?operation=login');
  const menu = page.getByRole('button', { name: say('audit.views'), exact: true });
  await menu.click();
  await page.getByLabel(say('audit.view_name'), { exact: true }).fill('Sign-ins');
  await page.getByRole('button', { name: say('audit.save_view'), exact: true }).click();
  await page.getByText(say('audit.view_saved', { name: 'Sign-ins' })).first().waitFor();
  await visit(page, '/admin/audit');
  await menu.click();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: 'Sign-ins', exact: true }).click();
  await page.waitForURL('**/admin/audit?operation=login');
  await visit(page, '/admin/audit?operation=login');
  await menu.click();
  await page.getByRole('button', { name: say('audit.remove_view', { name: 'Sign-ins' }) }).click();
  await page.getByText(say('audit.view_removed', { name: 'Sign-ins' })).first().waitFor();
  await leave(page);
});

test('settings name how many change, and say where they come from then', async () => {
  const page = await person('admin');
  await visit(page, '/admin/settings?q=token');
  const field = page.locator('[name="values[token_expiration]"]');
  await field.fill('0');
  await page.getByRole('button', { name: 'Save 1 change', exact: true }).click();
  await page.getByRole('alert').first().waitFor();
  page.troubles.splice(0); // The answer to a form with faults is a 422.
  await field.fill('45');
  await page.getByRole('button', { name: 'Save 1 change', exact: true }).click();
  await page.getByText(say('admin_settings.saved')).first().waitFor();
  await page.getByText(say('admin_settings.by', { name: 'admin' })).first().waitFor();
  const settings = await (
    await fetch(`${berth.url}/api/berth/v1/settings`, { headers: { authorization: basic('admin', ADMIN_PASSWORD) } })
  ).json();
  const of = (name) => settings.find((setting) => setting.name === name);
  assert.deepEqual([of('token_expiration').value, of('token_expiration').source], [45, 'database']);
  // What the search left out is as it was.
  assert.equal(of('read_only').source, 'default');
  await leave(page);
});

test('what all pages show changes with the settings', async () => {
  const page = await person('admin');
  const banner = page.locator('main').getByText(say('shell.read_only'));
  await visit(page, '/admin/settings?q=read_only');
  await page.locator('[id="f-values[read_only]"]').check();
  await page.getByRole('button', { name: 'Save 1 change', exact: true }).click();
  await banner.waitFor();
  await page.getByRole('button', { name: say('admin_settings.use_default') }).click();
  await page.getByText(say('admin_settings.default_holds')).first().waitFor();
  await banner.waitFor({ state: 'detached' });
  await leave(page);
});

test('links and forms lead on while code of the page is still on its way', async () => {
  const page = await person('admin');
  await visit(page, '/admin/users');
  let asked;
  const parts = (url) => url.pathname.endsWith('.wasm') && !url.pathname.endsWith('berth_bg.wasm');
  const isAsked = () => new Promise((done) => (asked = done));
  await page.route(parts, () => asked());
  const steps = [
    ['/admin/users', () => page.getByRole('link', { name: say('user_list.others'), exact: true }).click(), '/admin/users?show=others'],
    ['/admin/users?show=others', () => page.getByRole('link', { name: 'Grace Lindqvist' }).click(), '/admin/users/'],
    ['/admin/users', () => page.getByRole('searchbox').first().press('Enter'), '/admin/users?'],
  ];
  for (const [from, act, to] of steps) {
    const there = isAsked();
    await page.goto(from, { waitUntil: 'commit' });
    await there;
    await page.evaluate(() => (globalThis.left = true));
    await act();
    await page.waitForURL((url) => `${url.pathname}${url.search}`.startsWith(to));
    await page.waitForFunction(() => globalThis.left === undefined);
  }
  await page.unroute(parts);
  await visit(page, '/admin/users');
  await leave(page);
});

test('a search is applied by its button, and goes on from its field', async () => {
  const page = await person('admin');
  await visit(page, '/admin/users');
  const field = page.getByRole('searchbox', { name: say('admin_users.filter') });
  const apply = page.locator('#main').getByRole('button', { name: say('pager.apply'), exact: true });
  assert.equal(await apply.count(), 0);
  await field.fill('grac');
  await apply.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/admin/users?q=grac');
  await page.getByText(say('count.users.one', { count: '1' }), { exact: true }).first().waitFor();
  await focusIsIn(page, '#main .search');
  assert.equal(await apply.count(), 0);
  await page.keyboard.type('e');
  await apply.waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/admin/users?q=grace');
  await focusIsIn(page, '#main .search');
  // In the order of full names, which no column has.
  await visit(page, '/admin/users?sort=-realname');
  await page.getByText(say('filter.sort', { field: say('account.profile.realname') }), { exact: true }).click();
  await page.getByRole('link', { name: say('account.profile.realname'), exact: true }).click();
  await page.waitForURL('**/admin/users?sort=realname');
  await page.locator('tbody').getByText('Ada Okafor').waitFor();
  const texts = await page.locator('tbody [role="rowheader"] .name').allTextContents();
  const names = texts.filter((text) => !text.includes('@') && text !== 'admin');
  assert.deepEqual(names, [...names].sort((one, other) => (one < other ? -1 : 1)));
  await leave(page);
});

test('Back and Forward lead to the place on the page', async () => {
  const page = await person('ada', { viewport: { width: 1280, height: 400 } });
  const place = () => page.evaluate(() => Math.round(scrollY));
  const isAt = (wanted) => page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 2, wanted);
  await visit(page, '/projects/team/web/api');
  const last = page.locator('#main [role="rowheader"] a[href]').last();
  await last.scrollIntoViewIfNeeded();
  const left = await place();
  assert.ok(left > 100, 'the page is longer than the window');
  await last.click();
  await page.waitForURL('**/-/artifacts/**');
  await isAt(0);
  await page.getByRole('navigation', { name: say('artifact.tabs'), exact: true }).waitFor();
  // What it shows comes piece by piece: it is scrolled as soon as it reaches so far.
  const scrolledTo = (wanted) => {
    scrollTo(0, wanted);
    return Math.abs(scrollY - wanted) < 2;
  };
  await page.waitForFunction(scrolledTo, 120);
  await drawn(page);
  await page.goBack();
  await page.waitForURL('**/projects/team/web/api');
  await isAt(left);
  await page.goForward();
  await page.waitForURL('**/-/artifacts/**');
  await isAt(120);
  // What is loaded again is the browser's.
  await page.reload();
  await isAt(120);
  await leave(page);
});

test('a page that is shorter by now is gone to its end, and a link begins at the top', async () => {
  const page = await person('ada', { viewport: { width: 1280, height: 400 } });
  await visit(page, '/projects/team/web/api');
  const last = page.locator('#main [role="rowheader"] a[href]').last();
  const tabs = page.getByRole('navigation', { name: say('artifact.tabs'), exact: true });
  const end = () => document.documentElement.scrollHeight - innerHeight;
  await last.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await drawn(page);
  const left = await page.evaluate(end);
  await last.click();
  await tabs.waitFor();
  // The window has grown, so there is less to scroll.
  await page.setViewportSize({ width: 1280, height: 400 + Math.round(left / 2) });
  await page.goBack();
  await last.waitFor();
  await page.waitForFunction(() => {
    const end = document.documentElement.scrollHeight - innerHeight;
    return end > 0 && Math.abs(scrollY - end) < 2;
  });
  assert.ok((await page.evaluate(end)) < left, 'there is less to scroll');

  // A jump on a page is told by the browser as if somebody went back.
  await last.click();
  await tabs.waitFor();
  await page.evaluate(() => {
    location.hash = 'main';
  });
  await drawn(page);
  await page.locator('.crumbs a[href="/projects/team/web/api"]').click();
  await page.waitForURL('**/projects/team/web/api');
  await last.waitFor();
  // As long as it takes to go somewhere else once the rows are there.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 5 * 60)));
  assert.equal(await page.evaluate(() => scrollY), 0);
  await leave(page);
});

test('a hidden project looks like a missing one', async () => {
  const page = await person('linus', { javaScriptEnabled: false });
  const text = async (where) => {
    const answer = await page.goto(where);
    const main = await page.locator('#main').innerText();
    const id = await page.locator('#main .mono').first().innerText();
    return [answer.status(), main.replace(id, 'id')];
  };
  assert.deepEqual(await text('/projects/ledger'), await text('/projects/no-such-one'));
  await page.context().close();
});

test('reports are printed without what is for the screen', async () => {
  const page = await person('admin');
  for (const where of ['/projects/team/web/api/-/artifacts/1.10.0', '/admin/audit']) {
    await visit(page, where);
    await page.emulateMedia({ media: 'print', reducedMotion: 'reduce' });
    for (const hidden of ['.app-nav', '.topbar', '.calls', '.tabs', '.filters', '.pager', '.btn']) {
      const shown = await page.locator(hidden).evaluateAll((all) => all.filter((each) => each.checkVisibility()).length);
      assert.equal(shown, 0, `${hidden} on ${where}`);
    }
    assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /\S/);
    await page.emulateMedia({ media: 'screen', reducedMotion: 'reduce' });
  }
  await leave(page);
});
