import 'reflect-metadata';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import type { Release } from '#registry/releases';
import { ReleaseStand } from '../e2e/release-stand.js';
import { findChromium, startChromium } from './chromium.js';
import { ConsoleVisit } from './console-visit.js';

guardAgainstLeaks();

/** Where the pages of serving are. */
const PAGES = [
  '/releases',
  '/versions',
  '/timeline',
  '/administration/keys',
  '/administration/webhooks',
  '/administration/policies',
  '/administration/audit',
  '/administration/replicas',
];

const PATIENT = { timeout: 60_000 };
/** One that does not end by itself while a test looks. */
const LONG_WATCH = { watch: { incumbentShare: 0.4, seconds: 3600, minObservations: 20, averageRunLength: 1e5 } };

const chromium = findChromium();

describe.skipIf(chromium === null)('the pages of serving, in a browser', () => {
  let stand: ReleaseStand;
  let browser: Browser;
  let tab: ConsoleVisit;
  let url: string;
  let rolledBack: Release;

  beforeAll(async () => {
    stand = await ReleaseStand.open();
    await stand.start(stand.models.whole);
    url = stand.replicas[0]!.url;
    browser = await startChromium(chromium ?? '');
    tab = await ConsoleVisit.begin(browser, url, stand.ground.keys.admin);
  });

  afterAll(async () => {
    await browser.close();
    await stand.close();
  });

  it('say what to do where there is nothing yet', async () => {
    const { page } = tab;
    await tab.open('/releases');
    await page.getByText('No release yet').waitFor();
    await tab.open('/administration/webhooks');
    await page.getByText('Nobody is told').waitFor();
    await tab.open('/versions?preset=medium');
    await page.getByText('No version is like that').waitFor();
    await tab.open('/releases/rel-none');
    await page.getByText('No release has the id').waitFor();
    await tab.open('/versions/ft%3Anone');
    await page.getByText('No model version has the id').waitFor();
  });

  it('show a release that is rolled back by itself, why, and that the one before serves', async () => {
    const { page } = tab;
    const { narrow, whole } = stand.models;
    await stand.ground.registry.releases.writePolicy('fast', {}, { actor: 'test' });
    const load = stand.load(stand.sentences);
    const release = await stand.release(narrow, LONG_WATCH);
    await tab.open(`/releases/${release.id}`);
    await page.getByText('Loss on live text').first().waitFor(PATIENT);
    await stand.reach(release, 'watched');
    await page.getByText(/^(Waiting|Held)\.$/).waitFor(PATIENT);
    load.write(stand.reversed);
    rolledBack = await stand.reach(release, 'rolled_back');
    // Nobody reloads: the page is told.
    await page.getByText('Rolled back.').waitFor(PATIENT);
    await page
      .getByText(rolledBack.reason ?? 'no reason', { exact: false })
      .first()
      .waitFor();
    await load.stop();
    await tab.open('/releases');
    await page.getByRole('region', { name: 'production' }).getByText(whole.id).first().waitFor();
  });

  it('let a person promote the version again, after asking', async () => {
    const { page } = tab;
    const { narrow } = stand.models;
    await tab.open(`/versions/${encodeURIComponent(narrow.id)}`);
    await page.getByRole('button', { name: 'Release', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('At once', { exact: true }).click();
    await dialog.getByLabel('Reason').fill('we know better');
    await dialog.getByRole('button', { name: 'Promote now' }).click();
    await expect
      .poll(async () => (await stand.ground.registry.getDeployment('production')).incumbentVersionId, PATIENT)
      .toBe(narrow.id);
    const { items } = await stand.ground.registry.listAudit({ subject: 'production', action: 'deployment.promote' });
    expect(items[0]).toMatchObject({ reason: 'we know better' });
    await tab.open('/timeline');
    await page.getByText('People').click();
    await page.getByText('we know better').first().waitFor();
  });

  it('are at most three clicks from the overview: why the last rollback happened, and which version wrote a completion', async () => {
    const { page } = tab;
    await tab.open('/');
    await page.getByRole('link', { name: 'Why, in full' }).click();
    await page.getByText('Rolled back.').waitFor();
    expect(page.url()).toBe(`${url}/releases/${rolledBack.id}`);
    const headers = { authorization: `Bearer ${stand.ground.keys.admin}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'production', prompt: 'The', max_tokens: 2 });
    const answer = await fetch(`${url}/v1/completions`, { method: 'POST', headers, body });
    const requestId = answer.headers.get('x-request-id') ?? 'none';
    // It is written behind the request.
    const known = async (): Promise<number> =>
      (await fetch(`${url}/v1/admin/completions/${requestId}`, { headers })).status;
    await expect.poll(known, PATIENT).toBe(200);
    await tab.open('/');
    await page.getByLabel('Find a completion, request or any other id').fill(requestId);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: stand.models.narrow.id }).first().waitFor();
  });

  it('make a key that is shown once, and revoke it', async () => {
    const { page } = tab;
    await tab.open('/administration/keys');
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('from the page');
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    const key = await dialog.locator('pre').innerText();
    await dialog.getByRole('button', { name: 'I have it' }).click();
    expect((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    await page.getByRole('button', { name: 'What to do with from the page' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await expect
      .poll(
        async () => (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status,
        PATIENT,
      )
      .toBe(401);
  });

  it('refuse a policy that is wrong, show what a right one changes, and write it', async () => {
    const { page } = tab;
    await tab.open('/administration/policies?policy=fast');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    const editor = page.getByLabel('Policy, as JSON');
    const before = await editor.inputValue();
    await editor.fill(before.replace('"maxSeconds": 120', '"maxSeconds": -1'));
    await page.getByRole('alert').getByText('maxSeconds').waitFor();
    await editor.fill(before.replace('"maxSeconds": 120', '"maxSeconds": 121'));
    await page.getByRole('row', { name: 'maxSeconds 120 121' }).waitFor();
    await page.getByRole('button', { name: 'Write it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Write it' }).click();
    await expect
      .poll(async () => (await stand.ground.registry.releases.getPolicy('fast')).document.maxSeconds, PATIENT)
      .toBe(121);
  });

  it.each([
    ['in light', { colorScheme: 'light' }],
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 375, height: 800 } }],
  ] as const)('are sound %s: nothing serious for axe, nothing that sticks out, no complaint', async (_, options) => {
    const { viewport, ...rest } = { viewport: null, ...options };
    const own = await ConsoleVisit.begin(browser, url, stand.ground.keys.admin, rest);
    // Signed in at full width: on a phone the navigation that tells of it is behind a button.
    if (viewport !== null) await own.page.setViewportSize(viewport);
    for (const path of [...PAGES, `/releases/${rolledBack.id}`, versionPath()]) {
      await own.open(path);
      await own.page.getByRole('heading', { level: 1 }).waitFor();
      // What is loaded is there, or says why not.
      await expect.poll(() => own.page.locator('.skeleton').count(), PATIENT).toBe(0);
      await own.expectSound();
    }
    await own.close();
  });

  it('broke nothing in the browser, and asked for nothing that the security policy refuses', () => {
    expect(tab.complaints).toEqual([]);
  });

  function versionPath(): string {
    return `/versions/${encodeURIComponent(stand.models.narrow.id)}`;
  }
});
