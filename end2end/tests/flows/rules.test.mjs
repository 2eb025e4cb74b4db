// What a project keeps and protects: a rule is written, its preview follows, it is saved; with script and without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
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

async function person(options = {}) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, 'ada', PASSWORD);
  return page;
}

const press = (page, key) => page.getByRole('button', { name: say(key), exact: true }).click();
const field = (page, key) => page.getByLabel(say(key), { exact: true });
const item = (page, word, tag) => page.locator('li', { hasText: tag }).filter({ hasText: say(word) });
const policyOf = async () => (await berth.api('GET', '/projects/team')).metadata.retention_id;

test('a rule is written beside its preview', async () => {
  const page = await person();
  await visit(page, '/projects/team/-/retention');
  await page.getByText(say('retention.preview.no_rules_text')).waitFor();
  await press(page, 'retention.add');
  await item(page, 'retention.preview.keep', 'web/api:1.9.0').waitFor();

  // Only the newest of the versions stays; what is typed is in the address at once.
  await field(page, 'retention.field.repos').fill('web/*');
  await field(page, 'retention.field.number').fill('1');
  await field(page, 'retention.field.tags').fill('1.*');
  await item(page, 'retention.preview.remove', 'web/api:1.9.0').waitFor();
  await item(page, 'retention.preview.keep', 'web/api:1.10.0').waitFor();
  assert.ok(page.url().includes(`${encodeURIComponent('tags[]')}=1.`));
  assert.equal(await field(page, 'retention.field.tags').inputValue(), '1.*');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: say('retention.preview.removed'), exact: true }).click();
  await item(page, 'retention.preview.keep', 'web/api:1.10.0').waitFor({ state: 'detached' });

  // A second rule, moved, and one gone again.
  await press(page, 'retention.add');
  await page.getByRole('heading', { name: say('retention.rule', { number: 2 }) }).waitFor();
  await page.getByRole('button', { name: say('common.actions_for', { name: say('retention.rule', { number: 2 }) }) }).click();
  await page.getByRole('button', { name: say('retention.up'), exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll('input[name="tags[]"]')[1]?.value === '1.*');
  await page.getByRole('button', { name: say('common.actions_for', { name: say('retention.rule', { number: 1 }) }) }).click();
  await page.getByRole('button', { name: say('common.remove'), exact: true }).click();
  await page.getByRole('heading', { name: say('retention.rule', { number: 2 }) }).waitFor({ state: 'detached' });
  assert.equal(await field(page, 'retention.field.tags').inputValue(), '1.*');

  await field(page, 'retention.field.every').selectOption('day');
  await field(page, 'retention.field.at').fill('03:30');
  await press(page, 'common.save');
  await page.getByText(say('retention.saved')).first().waitFor();
  await page.getByText(say('schedule.text.day', { time: '03:30' })).waitFor();
  const policy = await berth.api('GET', `/retentions/${await policyOf()}`);
  assert.equal(policy.trigger.settings.cron, '0 30 3 * * *');
  assert.equal(policy.rules[0].params.latestPushedK, 1);
  assertNoTrouble(page);
  await page.context().close();
});

test('a rule is written without script', async () => {
  const page = await person({ javaScriptEnabled: false });
  await page.goto('/projects/team/-/retention?every=none');
  await press(page, 'retention.add');
  await field(page, 'retention.field.tags').fill('2.*');
  await press(page, 'retention.preview.button');
  await item(page, 'retention.preview.remove', 'web/api:1.10.0').waitFor();
  assert.equal(await field(page, 'retention.field.tags').inputValue(), '2.*');
  await press(page, 'common.save');
  await page.getByText(say('retention.saved')).first().waitFor();
  const policy = await berth.api('GET', `/retentions/${await policyOf()}`);
  assert.equal(policy.rules[0].tag_selectors[0].pattern, '2.*');
  await field(page, 'retention.field.tags').fill('{2');
  await press(page, 'common.save');
  await page.getByText(say('validation.pattern')).first().waitFor();
  assert.equal(await field(page, 'retention.field.tags').inputValue(), '{2');

  await page.goto('/projects/team/-/retention/delete');
  await press(page, 'retention.delete_submit');
  await page.getByText(say('retention.deleted')).first().waitFor();
  assert.equal(await policyOf(), undefined);
  await page.context().close();
});

test('tags are protected, and the protection ends', async () => {
  const page = await person();
  await visit(page, '/projects/team/-/immutability');
  await page.getByRole('link', { name: say('immutability.new'), exact: true }).first().click();
  await field(page, 'retention.field.tags').fill('1.*');
  await page.getByText('web/api:1.10.0').waitFor();
  await press(page, 'common.save');
  await page.getByText(say('immutability.saved')).first().waitFor();
  const rule = say('immutability.text.both', { tags: '1.*', repos: '**' });
  const row = page.getByRole('row', { name: rule });
  await row.getByText('2 tags').waitFor();
  await row.getByRole('button', { name: say('common.actions_for', { name: rule }) }).click();
  await row.getByRole('link', { name: say('common.menu_delete') }).click();
  await press(page, 'immutability.delete_submit');
  await page.getByText(say('immutability.empty')).waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('a webhook keeps its header to itself', async () => {
  const page = await person();
  await visit(page, '/projects/team/-/webhooks/new');
  await field(page, 'webhooks.name').fill('deploy-bot');
  await field(page, 'webhooks.endpoint').fill('https://hooks.example.com/deploy');
  await page.getByLabel(new RegExp(`^${say('webhooks.header')}`)).fill('Bearer top-secret');
  await page.getByLabel(say('webhooks.event.quota_exceeded')).check();
  await press(page, 'common.save');
  await page.getByText(say('webhooks.saved', { name: 'deploy-bot' })).first().waitFor();
  await page.getByRole('link', { name: 'deploy-bot', exact: true }).click();
  await page.getByText(say('webhooks.header_kept')).waitFor();
  assert.ok(!(await page.content()).includes('top-secret'));
  await field(page, 'webhooks.name').fill('deployer');
  await press(page, 'common.save');
  await page.getByText(say('webhooks.saved', { name: 'deployer' })).first().waitFor();
  const [hook] = await berth.api('GET', '/projects/team/webhook/policies');
  assert.equal(hook.targets[0].auth_header, 'Bearer top-secret');
  assert.deepEqual(hook.event_types, ['PUSH_ARTIFACT', 'QUOTA_EXCEED']);
  await visit(page, `/projects/team/-/webhooks/${hook.id}/delete`);
  await press(page, 'webhooks.delete_submit');
  await page.getByText(say('webhooks.empty')).waitFor();
  assertNoTrouble(page);
  await page.context().close();
});
