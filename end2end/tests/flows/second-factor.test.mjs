// The second factor, with script and without, and by keys alone: set up, asked for, used once, taken off.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, PASSWORD, basic } from '../../fixtures/berth.mjs';
import { PHONE, assertNoTrouble, picture, signIn, signOut, startBrowser, sticksOut, takenOver, visit, visitor } from '../../fixtures/browser.mjs';
import { startHarbour } from '../../fixtures/harbour.mjs';
import { pressOn, typeInto } from '../../fixtures/keys.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
const PAGE = '/account/second-factor';
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

/** The code of an authenticator app, so many steps from now: the server takes the next one as well. */
function code(key, steps = 0) {
  const bits = [...key.replaceAll(' ', '')].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const tag = createHmac('sha1', secret).update(step).digest();
  const number = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const press = (page, key) => page.getByRole('button', { name: say(key), exact: true }).click();
const field = (page, key) => page.getByLabel(say(key), { exact: true });

/** From the page of the account to the recovery codes. Gives the key and the codes. */
async function setUp(page, password) {
  await page.goto(PAGE);
  await page.getByRole('link', { name: say('second_factor.begin'), exact: true }).click();
  await field(page, 'account.password.current').fill(password);
  await press(page, 'second_factor.begin');
  await page.getByRole('img', { name: say('second_factor.qr') }).waitFor();
  await picture(page, 'second-factor-set-up');
  assert.deepEqual(await sticksOut(page), []);
  const key = await page.locator('.secret code').innerText();
  assert.match(await page.locator('.copy code').nth(1).innerText(), new RegExp(`^otpauth://totp/.*secret=${key.replaceAll(' ', '')}&`));
  return key;
}

async function confirm(page, text) {
  await field(page, 'second_factor.code').fill(text);
  await press(page, 'second_factor.confirm');
}

/** The first step, which leads to the second. */
async function password(page, username) {
  await page.goto('/sign-in?next=/projects/team');
  await field(page, 'sign_in.username_or_email').fill(username);
  await field(page, 'sign_in.password').fill(PASSWORD);
  await press(page, 'sign_in.submit');
  await page.getByRole('heading', { name: say('second_factor.step_title') }).waitFor();
}

async function secondStep(page, text) {
  await field(page, 'second_factor.any_code').fill(text);
  await press(page, 'sign_in.submit');
}

const basicStatus = async (username) =>
  (await fetch(`${berth.url}/api/v2.0/users/current`, { headers: { authorization: basic(username, PASSWORD) } })).status;

test('a second factor is set up, asked for, and taken off by an administrator', async () => {
  const page = await visitor(browser, berth);
  await signIn(page, say, 'ada', PASSWORD);
  await visit(page, PAGE);
  assert.deepEqual(await violations(page), []);
  const key = await setUp(page, PASSWORD);
  assert.deepEqual(await violations(page), []);
  assertNoTrouble(page);
  await confirm(page, '000');
  await page.getByText(say('validation.code_wrong')).first().waitFor();
  assert.equal(await page.locator('.secret code').innerText(), key, 'the key stays while the code is wrong');
  page.troubles.splice(0);
  await confirm(page, code(key));
  await page.getByText(say('second_factor.codes_once')).waitFor();
  await picture(page, 'second-factor-codes');
  assert.deepEqual(await violations(page), []);
  const codes = (await page.locator('.secret code').innerText()).split('\n');
  assert.equal(codes.length, 10);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /berth-recovery-codes/ }).click()]);
  assert.equal(download.suggestedFilename(), 'berth-recovery-codes.txt');
  await page.getByRole('link', { name: say('robots.secret.stored'), exact: true }).click();
  await page.getByRole('heading', { name: say('second_factor.disable') }).waitFor();
  assert.deepEqual(await violations(page), []);
  assert.equal(await basicStatus('ada'), 401);
  await signOut(page, say, 'Ada Okafor');

  await password(page, 'ada');
  assert.deepEqual(await violations(page), []);
  await secondStep(page, 'wrong');
  await page.getByText(say('second_factor.wrong'), { exact: true }).waitFor();
  await secondStep(page, code(key, 1));
  await page.waitForURL('**/projects/team');
  assertNoTrouble(page);
  await page.context().close();

  const admin = await visitor(browser, berth);
  await signIn(admin, say, 'admin', ADMIN_PASSWORD);
  await visit(admin, '/admin/users');
  const row = admin.getByRole('row', { name: /ada/ });
  await row.getByText(say('account.tab_second_factor'), { exact: true }).waitFor();
  await row.getByRole('button').last().click();
  await admin.getByRole('menuitem', { name: say('second_factor.remove') }).or(admin.getByRole('link', { name: say('second_factor.remove') })).first().click();
  await admin.getByRole('heading', { name: say('second_factor.remove_title', { name: 'ada' }) }).waitFor();
  assert.deepEqual(await violations(admin), []);
  await press(admin, 'second_factor.disable');
  await admin.getByText(say('second_factor.removed', { name: 'ada' })).first().waitFor();
  assert.equal(await basicStatus('ada'), 200);
  assertNoTrouble(admin);
  await admin.context().close();
});

test('the same without script, on a phone', async () => {
  const page = await visitor(browser, berth, { javaScriptEnabled: false, viewport: PHONE });
  await signIn(page, say, 'grace', PASSWORD);
  const key = await setUp(page, PASSWORD);
  await confirm(page, '000');
  await page.getByText(say('validation.code_wrong')).first().waitFor();
  await page.getByText(say('second_factor.key_gone'), { exact: true }).waitFor();
  await confirm(page, code(key));
  await page.getByText(say('second_factor.codes_once')).waitFor();
  assert.deepEqual(await sticksOut(page), []);
  const codes = (await page.locator('.secret code').innerText()).split('\n');
  await page.reload();
  await page.getByText(say('second_factor.codes_gone'), { exact: true }).waitFor();

  const other = await visitor(browser, berth, { javaScriptEnabled: false, viewport: PHONE });
  await other.goto('/sign-in/code');
  await secondStep(other, codes[0]);
  await other.getByText(say('second_factor.over'), { exact: true }).waitFor();
  await password(other, 'grace');
  await secondStep(other, codes[0]);
  await other.waitForURL('**/projects/team');
  await other.goto(PAGE);
  // Either of both is enough, so their labels say that they may stay empty.
  await other.getByLabel(say('second_factor.any_code')).fill(codes[0]);
  await press(other, 'second_factor.disable');
  await other.getByText(say('validation.code_wrong')).first().waitFor();
  await other.getByLabel(say('account.password.current')).fill(PASSWORD);
  await press(other, 'second_factor.disable');
  await other.getByText(say('second_factor.disabled'), { exact: true }).first().waitFor();
  assert.equal(await basicStatus('grace'), 200);
  await other.context().close();
  await page.context().close();
});

test('the same by keys alone, in by a code and by a recovery code', async () => {
  const page = await visitor(browser, berth);
  const button = (key, values) => page.getByRole('button', { name: say(key, values), exact: true });
  const enter = async (key, text) => {
    await typeInto(page, field(page, key), text);
    await page.keyboard.press('Enter');
  };
  const passwordByKeys = async (next) => {
    await visit(page, `/sign-in?next=${next}`);
    await typeInto(page, field(page, 'sign_in.username_or_email'), 'linus');
    await enter('sign_in.password', PASSWORD);
  };
  const signOutByKeys = async () => {
    await pressOn(page, button('shell.account_menu', { name: 'Linus Meyer' }));
    await pressOn(page, button('nav.sign_out'));
    await page.getByText(say('sign_in.signed_out')).waitFor();
  };
  await passwordByKeys(PAGE);
  await page.waitForURL(`**${PAGE}`);
  await takenOver(page);
  await pressOn(page, page.getByRole('link', { name: say('second_factor.begin'), exact: true }));
  await enter('account.password.current', PASSWORD);
  await page.getByRole('img', { name: say('second_factor.qr') }).waitFor();
  const key = await page.locator('.secret code').innerText();
  await enter('second_factor.code', code(key));
  await page.getByText(say('second_factor.codes_once')).waitFor();
  const [recovery] = (await page.locator('.secret code').innerText()).split('\n');
  await pressOn(page, page.getByRole('link', { name: say('robots.secret.stored'), exact: true }));
  await page.getByRole('heading', { name: say('second_factor.disable') }).waitFor();
  await signOutByKeys();

  for (const text of [code(key, 1), recovery]) {
    await passwordByKeys('/projects/team');
    await page.getByRole('heading', { name: say('second_factor.step_title') }).waitFor();
    await takenOver(page);
    await enter('second_factor.any_code', text);
    await page.waitForURL('**/projects/team');
    await takenOver(page);
    await signOutByKeys();
  }
  assertNoTrouble(page);
  await page.context().close();
});
