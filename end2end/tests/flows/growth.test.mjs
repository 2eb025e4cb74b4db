// How storage grew: a chart or a table, chosen by links; and a setting that goes back to its default.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD } from '../../fixtures/berth.mjs';
import { assertNoTrouble, PHONE, signIn, startBrowser, sticksOut, visit, visitor } from '../../fixtures/browser.mjs';
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

async function admin(options) {
  const page = await visitor(browser, berth, options);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  return page;
}

async function leave(page) {
  assertNoTrouble(page);
  await page.context().close();
}

for (const where of ['/projects/team/-/storage', '/admin/storage']) {
  test(`${where} shows the first day, other time spans and a table without leaving the page`, async () => {
    const page = await admin();
    await visit(page, where);
    await page.evaluate(() => (globalThis.isSameDocument = true));
    const chart = page.locator('.chart svg[role="img"]');
    await chart.waitFor();
    assert.match(await chart.getAttribute('aria-label'), /at most/);
    await page.getByText('This is the first day', { exact: false }).waitFor();
    const spans = page.getByRole('navigation', { name: say('usage.growth.span_label'), exact: true });
    await spans.getByRole('link', { name: '365 days', exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('days') === '365');
    await page.getByRole('link', { name: say('usage.growth.table'), exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('days') === '365' && url.searchParams.get('growth') === 'table');
    const table = page.getByRole('table', { name: say('usage.growth.caption') });
    await table.waitFor();
    assert.equal(await table.getByRole('rowheader').count(), 1);
    assert.equal(await chart.count(), 0);
    assert.equal(await page.evaluate(() => globalThis.isSameDocument), true);
    await leave(page);
  });

  test(`${where} fits a phone in both themes`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      const page = await admin({ viewport: PHONE, colorScheme });
      for (const view of ['', '?growth=table']) {
        await visit(page, where + view);
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(await sticksOut(page), []);
      }
      await leave(page);
    }
  });
}

test('a setting goes back to its default', async () => {
  const page = await admin();
  await visit(page, '/admin/settings?q=session');
  const field = page.getByRole('textbox', { name: say('admin_settings.item.session_timeout') });
  const before = await field.inputValue();
  await field.fill('77');
  // Enter saves; it does not press the way back.
  await field.press('Enter');
  await page.getByText(say('admin_settings.saved')).first().waitFor();
  const differs = page.getByText(say('admin_settings.differs', { value: `${before} ${say('admin_settings.unit_minutes')}` }));
  await differs.waitFor();
  await field.fill('78');
  await field.press('Enter');
  await page.waitForFunction(() => document.querySelector('input.input[name="values[session_timeout]"]')?.defaultValue === '78');
  const name = say('admin_settings.use_default_of', { name: say('admin_settings.item.session_timeout') });
  await page.getByRole('button', { name }).click();
  await page.getByText(say('admin_settings.default_holds')).first().waitFor();
  await differs.waitFor({ state: 'detached' });
  assert.equal(await field.inputValue(), before);
  await leave(page);
});
