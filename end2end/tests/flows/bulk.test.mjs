// Selecting rows and acting on all of them at once, with script and without; stars; storage.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { registry } from '../../fixtures/push.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
const TAGS = 30;
let berth;
let browser;
before(async () => {
  browser = await startBrowser();
  berth = await startBerth();
  await berth.api('POST', '/projects', { project_name: 'team', metadata: { public: 'false' } });
  const client = registry(berth);
  for (let n = 0; n < TAGS; n += 1) await client.image('team/app', `pr-${String(n).padStart(2, '0')}`, { seed: 'one' });
  await client.image('team/app', 'v1', { seed: 'kept' });
  await client.image('team/old', 'v1', { seed: 'old' });
  await client.image('team/older', 'v1', { seed: 'old' });
  await berth.api('POST', '/projects/team/immutabletagrules', {
    disabled: false, action: 'immutable', template: 'immutable_template',
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'app' }] },
  });
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

async function admin(options) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  return page;
}

const many = (key, count) => say(`${key}.${count === 1 ? 'one' : 'other'}`, { count: String(count) });
const select = (page, name) => page.getByRole('checkbox', { name: say('table.select_named', { name }), exact: true });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

test('a range of rows, and Esc', async () => {
  const page = await admin();
  await visit(page, '/projects/team/app?sort=name');
  const bar = page.getByRole('form', { name: say('bulk.selection') });
  await bar.waitFor({ state: 'hidden' });
  await select(page, 'pr-01').check();
  await select(page, 'pr-04').click({ modifiers: ['Shift'] });
  await bar.getByText(many('bulk.selected', 4)).waitFor();
  assert.equal(await page.getByRole('searchbox').isVisible(), false, 'the bar stands in the place of the filters');
  assert.ok(await select(page, 'pr-03').isChecked());
  // Further down the bar lies over what scrolls away below it.
  await page.evaluate(() => window.scrollTo(0, 0));
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await bar.waitFor({ state: 'hidden' });
  assert.equal(await select(page, 'pr-03').isChecked(), false);
  await page.getByRole('checkbox', { name: say('bulk.select_page') }).check();
  await bar.getByText(many('bulk.selected', 25)).waitFor();
  await page.getByRole('button', { name: say('bulk.clear') }).click();
  await page.getByRole('searchbox').waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('a tick stays on what it was set for, whatever is drawn in its place', async () => {
  const page = await admin();
  await visit(page, '/projects/team/app?sort=name&page_size=25');
  const bar = page.getByRole('form', { name: say('bulk.selection') });
  await page.getByRole('checkbox', { name: say('bulk.select_page') }).check();
  await bar.getByText(many('bulk.selected', 25)).waitFor();
  // The next page is drawn into the same rows.
  await page.getByRole('link', { name: say('pager.next') }).click();
  await select(page, 'pr-29').waitFor();
  await bar.waitFor({ state: 'hidden' });
  assert.equal(await page.locator('tbody .sel :checked').count(), 0);
  // Sorted otherwise, another row comes to the place of the one that is ticked.
  await visit(page, '/projects/team/app?sort=name&page_size=50');
  await select(page, 'pr-00').check();
  await page.getByRole('columnheader', { name: say('repository.tag') }).getByRole('link').click();
  await page.waitForFunction(() => document.querySelector('th[aria-sort="descending"]'));
  await bar.getByText(many('bulk.selected', 1)).waitFor();
  assert.ok(await select(page, 'pr-00').isChecked());
  await press(page, say('bulk.clear'));
  await page.getByRole('columnheader', { name: say('repository.tag') }).getByRole('link').click();
  await page.waitForFunction(() => document.querySelector('th[aria-sort="ascending"]'));
  assert.equal(await page.locator('tbody .sel :checked').count(), 0);
  assertNoTrouble(page);
  await page.context().close();
});

test('what is left out of all that match is left out, and the question names things', async () => {
  const page = await admin();
  await visit(page, '/projects/team/app?sort=name&page_size=25&q=pr-');
  await page.getByRole('checkbox', { name: say('bulk.select_page') }).check();
  const all = page.getByRole('checkbox', { name: many('bulk.all_matching', TAGS) });
  await all.check();
  await select(page, 'pr-04').uncheck();
  assert.equal(await all.isChecked(), false);
  await press(page, say('bulk.act.delete'));
  await page.getByRole('heading', { level: 1, name: many('bulk.delete_tags', 24) }).waitFor();
  // As many as a line holds, and the one that was left out is not among them.
  const names = await page.getByText(/^pr-\d\d, pr-.* and 4 more$/).textContent();
  assert.equal(names.split(', ').length, 20);
  assert.doesNotMatch(names, /pr-04/);
  assertNoTrouble(page);
  await page.context().close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`who cancels finds what was ticked, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const page = await admin({ javaScriptEnabled });
    const open = (address) => (javaScriptEnabled ? visit(page, address) : page.goto(address));
    await open('/projects/team/app?sort=name&page_size=25&q=pr-');
    await select(page, 'pr-02').check();
    await select(page, 'pr-04').check();
    await press(page, say('bulk.act.delete'));
    await page.getByRole('heading', { level: 1, name: many('bulk.delete_tags', 2) }).waitFor();
    await page.getByRole('link', { name: say('common.cancel'), exact: true }).click();
    await page.getByRole('form', { name: say('bulk.selection') }).waitFor();
    assert.equal(await page.locator('tbody .sel :checked').count(), 2);
    assert.ok(await select(page, 'pr-04').isChecked());
    assert.match(page.url(), /sort=name&page_size=25&q=pr-/);
    if (javaScriptEnabled) await page.getByRole('form').getByText(many('bulk.selected', 2)).waitFor();
    await select(page, 'pr-02').uncheck();
    await page.getByRole('link', { name: say('bulk.clear'), exact: true }).click();
    await page.getByRole('searchbox').waitFor();
    assert.equal(await page.locator('tbody .sel :checked').count(), 0);
    assert.match(page.url(), /sort=name&page_size=25&q=pr-$/);
    assertNoTrouble(page);
    await page.context().close();
  });
}

test('a target that is none is said at its field', async () => {
  const page = await admin();
  await visit(page, '/projects/team/app/-/bulk?kind=tags&act=copy&item=v1&target=TEAM/Up');
  const field = page.getByRole('textbox', { name: say('bulk.target'), exact: true });
  await page.getByText(say('bulk.target_wrong')).first().waitFor();
  assert.equal(await field.inputValue(), 'TEAM/Up');
  await field.fill('team/copied');
  await press(page, say('bulk.continue'));
  await press(page, many('bulk.copy_tags', 1));
  await page.getByText(many('bulk.finished', 1)).waitFor();
  const copied = await berth.api('GET', '/projects/team/repositories/copied/artifacts');
  assert.equal(copied.length, 1);
  await page.context().close();
});

test('all that match, with what a rule protects told', async () => {
  const page = await admin();
  await visit(page, '/projects/team/app?sort=name');
  await select(page, 'pr-00').check();
  await page.getByRole('checkbox', { name: many('bulk.all_matching', TAGS + 1) }).check();
  await press(page, say('bulk.act.delete'));
  await takenOver(page);
  await page.getByRole('heading', { level: 1, name: say('bulk.question', { what: many('bulk.delete_tags', TAGS + 1) }) }).waitFor();
  await page.getByText(many('bulk.kept', 1)).waitFor();
  assert.deepEqual(await violations(page), []);
  // The button does not promise what stays.
  await press(page, many('bulk.delete_tags', TAGS));
  await page.getByText(say('bulk.partly', { done: String(TAGS), failed: '1' })).waitFor();
  await page.getByRole('cell', { name: say('bulk.reason_protected') }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: say('bulk.back') }).click();
  await page.getByRole('link', { name: 'v1', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: /^pr-/ }).count(), 0);
  assertNoTrouble(page);
  await page.context().close();
});

test('artifacts are moved, and what the target has stays', async () => {
  const client = registry(berth);
  for (const [repo, tag, seed] of [['team/from', 'v1', 'a'], ['team/from', 'v2', 'b'], ['team/to', 'v2', 'c']]) {
    await client.image(repo, tag, { seed });
  }
  const page = await admin();
  await visit(page, '/projects/team/from?tab=artifacts');
  await page.getByRole('checkbox', { name: say('bulk.select_page') }).check();
  await press(page, say('bulk.act.move'));
  await takenOver(page);
  await page.getByRole('textbox', { name: say('bulk.target') }).fill('team/to');
  assert.deepEqual(await violations(page), []);
  await press(page, say('bulk.continue'));
  await page.getByText(many('bulk.kept', 1)).waitFor();
  await page.getByRole('cell', { name: say('bulk.reason_taken') }).waitFor();
  assert.deepEqual(await violations(page), []);
  await press(page, many('bulk.move_artifacts', 1));
  await page.getByText(say('bulk.partly', { done: '1', failed: '1' })).waitFor();
  await page.getByRole('cell', { name: say('bulk.reason_taken') }).waitFor();
  const tags = async (repo) => {
    const found = await berth.api('GET', `/projects/team/repositories/${repo}/artifacts?with_tag=true`);
    return found.flatMap((artifact) => (artifact.tags ?? []).map((tag) => tag.name)).sort();
  };
  assert.deepEqual([await tags('from'), await tags('to')], [['v2'], ['v1', 'v2']]);

  // The rest, with what the target has given up.
  await visit(page, '/projects/team/from?tab=artifacts');
  await page.getByRole('checkbox', { name: say('bulk.select_page') }).check();
  await press(page, say('bulk.act.move'));
  await takenOver(page);
  await page.getByRole('textbox', { name: say('bulk.target') }).fill('team/to');
  await page.getByLabel(say('bulk.overwrite')).check();
  await press(page, say('bulk.continue'));
  await page.getByText(say('bulk.effect.move_takes', { target: 'team/to' })).waitFor();
  await press(page, many('bulk.move_artifacts', 1));
  await page.getByText(many('bulk.finished', 1)).waitFor();
  const left = await berth.api('GET', '/projects/team/repositories/from/artifacts');
  assert.deepEqual([left, await tags('to')], [[], ['v1', 'v2']]);
  assertNoTrouble(page);
  await page.context().close();
});

test('without script', async () => {
  const page = await admin({ javaScriptEnabled: false });
  await page.goto('/projects/team');
  await page.getByRole('searchbox').waitFor();
  await select(page, 'team/old').check();
  await select(page, 'team/older').check();
  assert.equal(await page.getByRole('searchbox').isVisible(), false);
  await press(page, say('bulk.act.delete'));
  await press(page, many('bulk.delete_repositories', 2));
  const done = page.getByText(many('bulk.finished', 2));
  while (!(await done.isVisible())) await page.getByRole('link', { name: say('bulk.refresh') }).or(done).first().click();
  await page.getByRole('link', { name: say('bulk.back') }).click();
  await page.getByRole('link', { name: 'team/app', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'team/old', exact: true }).count(), 0);
  await page.context().close();
});

test('a project is starred, and found by it', async () => {
  const page = await admin();
  await visit(page, '/projects');
  const star = page.getByRole('button', { name: say('project_list.star', { name: 'team' }) });
  await star.click();
  await page.waitForFunction(() => document.querySelector('.star[aria-pressed="true"]'));
  await page.getByRole('link', { name: say('project_list.starred'), exact: true }).click();
  await page.waitForURL('**/projects?show=starred');
  await page.getByRole('link', { name: 'library', exact: true }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'team', exact: true }).first().waitFor();
  await star.click();
  await page.getByText(say('project_list.empty_starred'), { exact: true }).waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('what a project stores', async () => {
  const page = await admin();
  await visit(page, '/projects/team');
  await page.getByRole('link', { name: say('usage.title'), exact: true }).first().click();
  await page.waitForURL('**/projects/team/-/storage');
  await page.getByRole('link', { name: 'team/app', exact: true }).waitFor();
  const unused = page.getByRole('navigation', { name: say('usage.unused'), exact: true });
  await unused.getByRole('link', { name: many('usage.days', 90) }).click();
  await page.getByText(say('usage.no_unused'), { exact: true }).waitFor();
  assertNoTrouble(page);
  await page.context().close();
});
