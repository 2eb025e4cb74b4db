// What hands do: the way in and out by keys alone, commands copied as they stand, names read to their end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN_PASSWORD, PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { PHONE, assertNoTrouble, signIn, startBrowser, sticksOut, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { pressOn, typeInto } from '../../fixtures/keys.mjs';
import { registry } from '../../fixtures/push.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
const CLIENTS = ['docker', 'podman', 'nerdctl', 'helm', 'oras', 'cosign', 'skopeo', 'containerd', 'kubernetes'];
let berth;
let browser;
before(async () => {
  browser = await startBrowser();
  berth = await startBerth();
  await berth.api('PUT', '/configurations', { self_registration: true });
  await berth.api('POST', '/projects', { project_name: 'team', metadata: { public: 'true' } });
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

const type = (page, label, text, { exact = true } = {}) => typeInto(page, page.getByLabel(say(label), { exact }), text);

async function signInByKeys(page) {
  await type(page, 'sign_in.username_or_email', 'kay');
  await type(page, 'sign_in.password', PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/projects');
  await takenOver(page);
}

test('somebody signs up, out and in, and ends a session, by keys alone', async () => {
  const page = await visitor(browser, berth);
  const menu = page.getByRole('button', { name: say('shell.account_menu', { name: 'Kay Rivers' }) });
  await visit(page, '/sign-in');
  await pressOn(page, page.getByRole('link', { name: say('sign_in.sign_up') }));
  await page.waitForURL('**/sign-up');
  await takenOver(page);
  await type(page, 'sign_up.username', 'kay');
  await type(page, 'sign_up.email', 'kay@example.com');
  // Its label says as well that nobody has to.
  await type(page, 'sign_up.realname', 'Kay Rivers', { exact: false });
  await type(page, 'sign_up.password', PASSWORD);
  await type(page, 'sign_up.password_repeat', PASSWORD);
  await pressOn(page, page.getByRole('button', { name: say('sign_up.submit') }));
  await page.waitForURL('**/projects');
  await takenOver(page);

  await pressOn(page, menu);
  await pressOn(page, page.getByRole('button', { name: say('nav.sign_out') }));
  await page.getByText(say('sign_in.signed_out')).waitFor();
  await takenOver(page);
  await signInByKeys(page);

  const elsewhere = await visitor(browser, berth);
  await visit(elsewhere, '/sign-in');
  await signInByKeys(elsewhere);
  await visit(page, '/account/sessions');
  await pressOn(page, page.getByRole('button', { name: say('account.sessions.end_others') }));
  await page.getByText(say('account.sessions.all_ended')).first().waitFor();
  await elsewhere.goto('/account');
  await elsewhere.waitForURL('**/sign-in?*');
  await elsewhere.context().close();
  assertNoTrouble(page);
  await page.context().close();
});

test('only the token of the log sets a server up', async () => {
  const fresh = await startBerth({ fresh: true });
  try {
    const token = new URL(await fresh.setupLink()).searchParams.get('token');
    const page = await visitor(browser, fresh);
    await visit(page, '/setup?token=made-up');
    await page.getByText(say('setup.invalid_link'), { exact: true }).waitFor();
    const submit = async (given) => {
      await page.getByLabel(say('setup.token'), { exact: true }).fill(given);
      await page.getByLabel(say('sign_up.password'), { exact: true }).fill(ADMIN_PASSWORD);
      await page.getByLabel(say('sign_up.password_repeat'), { exact: true }).fill(ADMIN_PASSWORD);
      await page.getByRole('button', { name: say('setup.submit') }).click();
    };
    await submit('made-up-as-well');
    await page.getByText(say('validation.token_wrong')).first().waitFor();
    await submit(token);
    await page.getByRole('heading', { level: 1, name: say('setup.ready') }).waitFor();
    await page.context().close();
  } finally {
    await fresh.stop();
  }
});

test('the set-up of each client is copied as it is shown', async () => {
  const page = await visitor(browser, berth, { permissions: ['clipboard-read', 'clipboard-write'] });
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  for (const client of CLIENTS) {
    await visit(page, `/projects/team/-/set-up?client=${client}`);
    const blocks = page.locator('main').locator('.copy, .code');
    const count = await blocks.count();
    assert.ok(count >= 2, `${client} has ${count} steps`);
    for (let at = 0; at < count; at += 1) {
      const block = blocks.nth(at);
      const shown = await block.locator('code, pre').first().evaluate((element) => element.textContent);
      await page.evaluate(() => navigator.clipboard.writeText(''));
      await block.locator('.icon-copy').click();
      await block.locator('.icon-copy[data-done]').waitFor();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), shown, client);
      assert.ok(!/[…<>]|\{\w*\}/.test(shown), `${shown} has to be filled in`);
    }
  }
  assertNoTrouble(page);
  await page.context().close();
});

test('long names are shown to their end', async () => {
  const project = `${'long-'.repeat(20)}project`;
  const repository = `${project}/${'nested/'.repeat(4)}${'web-'.repeat(20)}server`;
  await berth.api('POST', '/projects', { project_name: project, metadata: { public: 'true' } });
  await registry(berth).image(repository, 'v1');
  for (const viewport of [undefined, PHONE]) {
    const page = await visitor(browser, berth, viewport && { viewport });
    for (const [where, name] of [['/projects', project], [`/projects/${project}`, repository]]) {
      await visit(page, where);
      const link = page.locator('main').getByRole('link', { name, exact: true }).first();
      await link.waitFor();
      assert.deepEqual(await link.evaluate(cut), [], `${where} at ${viewport?.width ?? 'full'} px`);
      assert.deepEqual(await sticksOut(page), []);
    }
    assertNoTrouble(page);
    await page.context().close();
  }
});

/** Runs in the page: what cuts an element or hides a part of it. */
function cut(element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const around = [];
  for (let at = element; at && at !== document.body; at = at.parentElement) around.push(at);
  return around.filter((each) => {
    const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(each);
    const frame = each.getBoundingClientRect();
    const isOver = overflowX !== 'visible' && (left < frame.left - 1 || right > frame.right + 1);
    const isUnder = overflowY !== 'visible' && (top < frame.top - 1 || bottom > frame.bottom + 1);
    return isOver || isUnder || textOverflow === 'ellipsis' || webkitLineClamp !== 'none';
  }).map((each) => each.outerHTML.slice(0, 120));
}
