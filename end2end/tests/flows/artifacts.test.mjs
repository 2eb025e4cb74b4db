// What somebody does who looks at an artifact: from the index to a platform, to what is said about it, and home again.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { pushArtifacts } from '../../fixtures/artifacts.mjs';
import { ADMIN_PASSWORD, startBerth } from '../../fixtures/berth.mjs';
import { assertNoTrouble, signIn, startBrowser, visit, visitor } from '../../fixtures/browser.mjs';
import { words } from '../../fixtures/words.mjs';

let berth;
let browser;
let pushed;
const say = words('en');
before(async () => {
  browser = await startBrowser();
  berth = await startBerth();
  await berth.api('POST', '/projects', { project_name: 'team', metadata: { public: 'true' } });
  pushed = await pushArtifacts(berth);
});
after(async () => {
  await browser?.close();
  await berth?.stop();
});

/** Saves what a link offers. */
async function saved(page, link) {
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

test('an index leads to its platforms, and each of them back', async () => {
  const page = await visitor(browser, berth);
  await signIn(page, say, 'admin', ADMIN_PASSWORD);
  await visit(page, '/projects/team/built/-/artifacts/built');
  assert.equal(await page.getByText('unknown/unknown').count(), 0);
  await page.getByRole('table').getByRole('link', { name: say('artifact.attestation_of', { platform: 'linux/amd64' }) }).waitFor();
  await page.getByRole('table').getByRole('link', { name: 'linux/amd64', exact: true }).click();
  await page.waitForURL((url) => url.pathname.endsWith(pushed.image.digest) && url.searchParams.get('of') === 'built');
  await page.getByRole('link', { name: say('artifact.tab_layers'), exact: true }).click();
  await page.getByText('COPY target/release/app /usr/local/bin/app').waitFor();
  await page.getByRole('link', { name: say('artifact.dockerfile.show') }).click();
  await page.getByText('FROM scratch').waitFor();
  await page.getByRole('link', { name: say('artifact.all_platforms') }).click();
  await page.waitForURL((url) => url.pathname.endsWith('/built/layers'));
  assertNoTrouble(page);
  await page.context().close();
});

test('the tree shows what is signed, what is not known, and gives the bytes', async () => {
  const page = await visitor(browser, berth, { acceptDownloads: true });
  await visit(page, '/projects/team/built/-/artifacts/built/referrers');
  await page.getByText('sigstore bundle v0.3').waitFor();
  assert.ok((await page.getByText(say('trust.signed'), { exact: true }).count()) >= 2, 'the artifact and its signature say it');
  await page.getByText(say('artifact.referrers.unknown')).first().waitFor();
  await page.getByText('reviewer=ada').waitFor();
  const review = await saved(page, page.getByRole('link', { name: say('common.download_named', { name: 'review.json' }) }));
  assert.deepEqual([review.name, review.bytes.toString()], ['review.json', '{"fine":true}']);
  await visit(page, `/projects/team/built/-/artifacts/${pushed.index.digest}/manifest`);
  const label = say('common.download_named', { name: say('artifact.tab_manifest') });
  const manifest = await saved(page, page.getByRole('link', { name: label }));
  assert.equal(`sha256:${createHash('sha256').update(manifest.bytes).digest('hex')}`, pushed.index.digest);
  assertNoTrouble(page);
  await page.context().close();
});

test('packages are found, and the address says how', async () => {
  const page = await visitor(browser, berth);
  await visit(page, `/projects/team/built/-/artifacts/${pushed.image.digest}/sbom`);
  await page.getByText('7 packages').waitFor();
  await page.getByRole('searchbox', { name: say('artifact.sbom.filter') }).fill('ssl');
  await page.getByRole('searchbox', { name: say('artifact.sbom.filter') }).press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === 'ssl');
  await page.getByText('2 packages').waitFor();
  await page.reload();
  await page.getByRole('rowheader', { name: 'libssl3' }).waitFor();
  assertNoTrouble(page);
  await page.context().close();
});

test('a chart is read without script, and runs nothing of its author', async () => {
  const page = await visitor(browser, berth, { javaScriptEnabled: false });
  await page.goto('/projects/team/charts/ledger/-/artifacts/1.2.3');
  await page.getByText('postgresql').waitFor();
  await page.getByRole('link', { name: say('artifact.tab_documents'), exact: true }).click();
  await page.getByText('Keeps books.').waitFor();
  assert.equal(await page.locator('.prose script').count(), 0);
  await page.getByRole('link', { name: say('artifact.documents.values') }).click();
  await page.getByText('replicas: 2').waitFor();
  await page.getByRole('link', { name: say('artifact.tab_files'), exact: true }).click();
  await page.getByText('application/vnd.cncf.helm.chart.content.v1.tar+gzip').waitFor();
  assertNoTrouble(page);
  await page.context().close();
});
