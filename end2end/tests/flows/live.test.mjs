// What happens is seen where somebody looks: a push in one browser, a run in another, and a stream that is lost and comes back.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { violations } from '../../fixtures/axe.mjs';
import { ADMIN_PASSWORD, PASSWORD, basic, startBerth } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
import { registry } from '../../fixtures/push.mjs';
import { words } from '../../fixtures/words.mjs';

const say = words('en');
let berth;
let browser;
let pushes = 0;
before(async () => {
  browser = await startBrowser();
  berth = await startBerth();
  await berth.user('grace');
  await berth.api('POST', '/projects', { project_name: 'team', metadata: { public: 'false' } });
  await berth.api('POST', '/projects/team/members', { role_id: 2, member_user: { username: 'grace' } });
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

const push = (repository) => registry(berth).image(repository, 'v1', { seed: `${repository}-${(pushes += 1)}` });

async function person(username, password = PASSWORD) {
  const page = await visitor(browser, berth);
  await signIn(page, say, username, password);
  return page;
}

const live = (page) => page.locator('.topbar .live:not([data-state])').waitFor();

test('a push appears in the list of whoever looks, and waits elsewhere', async () => {
  await push('team/first');
  const top = await person('grace');
  const sorted = await person('grace');
  await visit(top, '/projects/team');
  await visit(sorted, '/projects/team?sort=name');
  await Promise.all([live(top), live(sorted)]);
  await top.mouse.move(5, 5);
  await push('team/second');
  await top.getByRole('link', { name: 'team/second' }).waitFor();
  const names = await top.locator('tbody th .name').allTextContents();
  assert.deepEqual(names, ['team/second', 'team/first']);
  const waiting = sorted.getByRole('link', { name: '1 new, show' });
  await waiting.waitFor();
  assert.equal(await sorted.getByRole('link', { name: 'team/second' }).count(), 0);
  assert.deepEqual(await violations(sorted), []);
  await waiting.click();
  await sorted.getByRole('link', { name: 'team/second' }).waitFor();
  await waiting.waitFor({ state: 'detached' });

  // Nothing moves under the pointer.
  await top.getByRole('link', { name: 'team/first' }).hover();
  await push('team/third');
  await top.getByRole('link', { name: '1 new, show' }).waitFor();
  assert.equal(await top.getByRole('link', { name: 'team/third' }).count(), 0);
  // When it is gone, what waited comes in by itself.
  await top.mouse.move(5, 5);
  await top.getByRole('link', { name: 'team/third' }).waitFor();
  await top.getByRole('link', { name: '1 new, show' }).waitFor({ state: 'detached' });
  for (const page of [top, sorted]) {
    assertNoTrouble(page);
    await page.context().close();
  }
});

test('what was unticked stays so when something new comes in', async () => {
  await push('team/ticked');
  const page = await person('admin', ADMIN_PASSWORD);
  await visit(page, '/projects/team');
  const tick = page.getByRole('checkbox', { name: say('table.select_named', { name: 'team/ticked' }), exact: true });
  await tick.check();
  await page.getByRole('button', { name: say('bulk.act.delete'), exact: true }).click();
  await page.getByRole('heading', { level: 1, name: say('bulk.delete_repositories.one', { count: '1' }) }).waitFor();
  await page.getByRole('link', { name: say('common.cancel'), exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/projects/team');
  await tick.waitFor();
  assert.ok(await tick.isChecked());
  await tick.uncheck();
  await live(page);
  // A list that is in use takes nothing in.
  await tick.blur();
  await page.mouse.move(5, 5);
  await push('team/late');
  await page.getByRole('link', { name: 'team/late' }).waitFor();
  assert.equal(await page.locator('tbody .sel :checked').count(), 0);
  assertNoTrouble(page);
  await page.context().close();
});

test('a run is watched from its request to its end', async () => {
  const page = await person('admin', ADMIN_PASSWORD);
  await visit(page, '/admin/jobs?view=all');
  await live(page);
  await page.mouse.move(5, 5);
  const other = await person('admin', ADMIN_PASSWORD);
  await visit(other, '/admin/clean-up');
  // The run waits until it was seen to: its end comes long after its list was loaded.
  const queue = (action) => berth.api('PUT', '/jobservice/queues/GARBAGE_COLLECTION', { action });
  await queue('pause');
  await other.getByRole('button', { name: say('clean_up.dry_run') }).click();
  await other.getByText(say('clean_up.started')).first().waitFor();
  await other.getByRole('table').getByText(say('jobs.state.waiting')).first().waitFor();
  await queue('resume');
  const row = page.getByRole('row').filter({ hasText: say('jobs.kind.clean_up') });
  await row.getByText(say('jobs.state.done')).waitFor();
  await other.getByRole('table').getByText(say('jobs.state.done')).first().waitFor();
  await row.getByRole('link', { name: say('jobs.kind.clean_up') }).click();
  await page.getByRole('log').getByText('would remove').waitFor();
  assert.deepEqual(await violations(page), []);
  for (const each of [page, other]) {
    assertNoTrouble(each);
    await each.context().close();
  }
});

test('a queue is paused after a question, and the clean-up runs after its effect was seen', async () => {
  const page = await person('admin', ADMIN_PASSWORD);
  await visit(page, '/admin/jobs?view=queues');
  await page.getByRole('link', { name: say('jobs.pause_all') }).click();
  await page.getByRole('button', { name: say('jobs.pause'), exact: true }).click();
  await page.getByText(say('jobs.notice.paused')).first().waitFor();
  await page.getByRole('link', { name: say('jobs.resume_all') }).click();
  await page.getByRole('button', { name: say('jobs.resume'), exact: true }).click();
  await page.getByText(say('jobs.notice.resumed')).first().waitFor();
  await visit(page, '/admin/clean-up?ask=now');
  await page.getByText(say('clean_up.ask.title')).first().waitFor();
  await visit(page, '/admin/health');
  await page.getByText(say('health.database'), { exact: true }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: say('health.bundle') }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^berth-support-.*\.tar\.gz$/);
  assertNoTrouble(page);
  await page.context().close();
});

test('without script the pages are there, and their forms work', async () => {
  const page = await visitor(browser, berth, { javaScriptEnabled: false });
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  await page.goto('/admin/jobs?view=queues&pause=REPLICATION');
  await page.getByRole('button', { name: say('jobs.pause'), exact: true }).click();
  await page.getByText(say('jobs.notice.paused')).first().waitFor();
  await page.getByText(say('jobs.state.paused'), { exact: true }).waitFor();
  assert.equal(await page.locator('.live').count(), 0);
  await page.goto('/admin/clean-up?tab=schedule');
  await page.getByLabel(say('schedule.every_label')).selectOption('day');
  await page.getByRole('button', { name: say('common.save') }).click();
  await page.getByText(say('clean_up.schedule_saved')).first().waitFor();
  await page.getByText('Every day at 02:00 UTC').first().waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('what happened while nobody looked is there when somebody does', async () => {
  const page = await person('grace');
  await visit(page, '/projects/team');
  await live(page);
  await page.mouse.move(5, 5);
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  const turn = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await turn(true);
  await push('team/unseen');
  assert.deepEqual(requests, [], 'a page that nobody sees asks for nothing');
  await turn(false);
  await page.getByRole('link', { name: 'team/unseen' }).waitFor();
  assert.ok(requests.some((url) => /events\?.*last_event_id=\d/.test(url)), 'it goes on where it was');
  assertNoTrouble(page);
  await page.context().close();
});

test('a page in a tab that was never looked at knows what happened since it was drawn', async () => {
  const page = await person('grace');
  await page.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !window.isLookedAt });
  });
  await visit(page, '/projects/team');
  await page.mouse.move(5, 5);
  await push('team/behind');
  await page.evaluate(() => {
    window.isLookedAt = true;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.getByRole('link', { name: 'team/behind' }).waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('where no stream comes through, a list is loaded again now and then', async () => {
  const page = await person('grace');
  await page.route('**/api/berth/v1/events?*', (route) => route.fulfill({ status: 404 }));
  await visit(page, '/projects/team');
  await page.mouse.move(5, 5);
  await page.getByText(say('live.lost'), { exact: true }).waitFor();
  await push('team/unheard');
  await page.getByRole('link', { name: 'team/unheard' }).waitFor();
  await page.unroute('**/api/berth/v1/events?*');
  await live(page);
  page.troubles.splice(0);
  await page.context().close();
});

test('a connection that breaks is taken up where it broke', async () => {
  const line = await cable(berth);
  const page = await visitor(browser, { ...berth, url: line.url });
  await signIn(page, say, 'grace', PASSWORD);
  await visit(page, '/projects/team');
  await live(page);
  await page.mouse.move(5, 5);
  line.cut();
  await page.locator('.topbar .live[data-state="lost"]').waitFor();
  await push('team/meanwhile');
  // What was there can be read all the same, and says that it may be old.
  await page.getByText(say('live.lost'), { exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'team/meanwhile' }).count(), 0);
  line.mend();
  await page.getByRole('link', { name: 'team/meanwhile' }).waitFor();
  await live(page);
  page.troubles.splice(0);
  await page.context().close();
  await line.end();
});

test('whose session ended elsewhere is told so', async () => {
  const closed = await person('grace');
  const open = await person('grace');
  await visit(closed, '/projects/team');
  await visit(open, '/projects/library');
  await Promise.all([live(closed), live(open)]);
  // With the password: no session of a browser is the one that asks.
  const authorization = basic('grace', PASSWORD);
  await fetch(`${berth.url}/api/berth/v1/sessions`, { method: 'DELETE', headers: { authorization } });
  for (const page of [closed, open]) {
    const told = page.getByRole('alert').filter({ hasText: say('shell.session_ended') });
    await told.waitFor();
    await page.locator('.topbar .live').waitFor({ state: 'detached' });
    const path = new URL(page.url()).pathname;
    page.troubles.splice(0); // The stream that was refused.
    await told.getByRole('link', { name: say('nav.sign_in') }).click();
    await page.waitForURL((url) => url.pathname === '/sign-in' && url.searchParams.get('next') === path);
    assertNoTrouble(page);
    await page.context().close();
  }
});

/** The way to a server, which can be cut. */
async function cable(berth) {
  const { hostname, port } = new URL(berth.url);
  const ends = new Set();
  let isCut = false;
  const server = net.createServer((near) => {
    if (isCut) return near.destroy();
    const far = net.connect(Number(port), hostname);
    for (const [end, other] of [[near, far], [far, near]]) {
      ends.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => {
    isCut = true;
    for (const end of ends) end.destroy();
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    mend: () => {
      isCut = false;
    },
    end: () => {
      cut();
      return new Promise((done) => server.close(done));
    },
  };
}
