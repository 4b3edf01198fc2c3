import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findChromium } from './chromium.js';
import { openConsoleStand, type ConsoleStand } from './console-stand.js';

const chromium = findChromium();

describe.skipIf(chromium === null)('the console', () => {
  let stand: ConsoleStand;
  let version: string;

  beforeAll(async () => {
    stand = await openConsoleStand(chromium ?? '', { versions: 2 });
    version = stand.ground.versions[0]?.id ?? '';
  });
  afterAll(() => stand.close());

  it('lets in a good key only, keeps it for the tab, and forgets it at the sign-out', async () => {
    const visit = await stand.visit(null);
    await visit.page.getByLabel('API key').fill('sk-wrong');
    await visit.page.getByRole('button', { name: 'Sign in' }).click();
    await visit.page.getByText('Incorrect API key').waitFor();
    await visit.expectSound();
    await visit.signIn(stand.ground.keys.admin);
    await visit.page.reload();
    await visit.heading('Overview');
    expect(await visit.page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain('sk-');
    expect(await visit.page.evaluate('document.cookie')).toBe('');
    await visit.page.getByRole('button', { name: 'Sign out' }).click();
    await visit.page.getByLabel('API key').waitFor();
    expect(await visit.page.evaluate('sessionStorage.length')).toBe(0);
    await visit.close();
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 375],
  ] as const)('shows what serves and how everything is, in %s at %i pixels', async (colorScheme, width) => {
    const visit = await stand.visit(stand.ground.keys.admin, { colorScheme, viewport: { width, height: 900 } });
    await visit.heading('Serving now');
    await visit.page.getByRole('link', { name: version }).first().waitFor();
    await visit.page.getByText('takes jobs').waitFor();
    await visit.page.getByText('serves the current version').waitFor();
    await visit.expectSound();
    await visit.close();
  });

  it('tells of a promotion without being asked', async () => {
    const visit = await stand.visit(stand.ground.keys.admin);
    await visit.page.getByText('Live', { exact: true }).waitFor();
    await visit.page.getByRole('link', { name: version }).first().waitFor();
    const other = stand.ground.versions[1]?.id ?? '';
    await stand.ask('/v1/admin/deployments/production/promote', { body: { version: other, strategy: 'now' } });
    await visit.page.locator('.overview-version', { hasText: other }).waitFor();
    await stand.ask('/v1/admin/deployments/production/rollback', { body: { reason: 'the test is over' } });
    await visit.page.locator('.overview-version', { hasText: version }).waitFor();
    await visit.close();
  });

  it('streams the same text as the API for the same seed, two versions side by side', async () => {
    const visit = await stand.visit(stand.ground.keys.completions);
    await visit.heading('Playground');
    const other = stand.ground.versions[1]?.id ?? '';
    await visit.page.getByLabel('Beside it').selectOption(other);
    await visit.page.getByLabel('Prompt', { exact: true }).fill('the');
    await visit.page.getByLabel('Seed', { exact: true }).fill('7');
    await visit.page.getByLabel('Most tokens').fill('12');
    await visit.page.getByLabel('Prompt', { exact: true }).press('Control+Enter');
    const panels = visit.page.locator('.playground-text');
    await vi.waitFor(async () => expect(await visit.page.getByText('all after').count()).toBe(2), { timeout: 60_000 });
    await visit.page.getByRole('button', { name: 'Generate' }).waitFor();
    for (const [index, model] of ['production', other].entries()) {
      const body = { model, prompt: 'the', max_tokens: 12, temperature: 0.8, seed: 7 };
      const answer = await stand.ask('/v1/completions', { key: stand.ground.keys.completions, body });
      const { choices } = (await answer.json()) as { choices: { text: string }[] };
      expect(await panels.nth(index).textContent()).toBe(choices[0]?.text);
    }
    await panels.first().press('ArrowRight');
    await visit.page.locator('.playground-alternative[data-chosen=true]').first().waitFor();
    await visit.expectSound();
    await visit.close();
  });

  it('says beside the field what is wrong with a request', async () => {
    const visit = await stand.visit(stand.ground.keys.completions);
    await visit.page.getByLabel('Most tokens').fill('100000');
    await visit.page.getByRole('button', { name: 'Generate' }).click();
    await visit.page.locator('.field-problem', { hasText: 'max_tokens must be at most' }).waitFor();
    await visit.close();
  });

  it('finds the version that wrote a completion, by the id of its request and by its own', async () => {
    const body = { model: 'production', prompt: 'the', max_tokens: 3 };
    const answer = await stand.ask('/v1/completions', { body });
    const { id } = (await answer.json()) as { id: string };
    const requestId = answer.headers.get('x-request-id') ?? '';
    await vi.waitFor(async () => expect((await stand.ask(`/v1/admin/completions/${requestId}`)).status).toBe(200), {
      timeout: 60_000,
    });
    const visit = await stand.visit(stand.ground.keys.admin);
    for (const text of [requestId, id]) {
      await visit.page.getByRole('search').getByRole('searchbox').fill(text);
      await visit.page.keyboard.press('Enter');
      await visit.heading('Found');
      await visit.page.getByRole('link', { name: version }).waitFor();
      await visit.page.getByText('what the deployment serves').waitFor();
    }
    await visit.expectSound();
    await visit.open('/completions/req_unknown');
    await visit.page.getByText('is on record').waitFor();
    await visit.close();
  });

  it('shows a key what it may do, and says so of the rest', async () => {
    const visit = await stand.visit(stand.ground.keys.completions);
    await visit.heading('Playground');
    await visit.page.getByRole('link', { name: 'Overview' }).waitFor({ state: 'detached' });
    await visit.open('/completions/x');
    await visit.page.getByText('It lacks the scope admin').waitFor();
    await visit.close();
  });

  it('goes everywhere by the keyboard', async () => {
    const visit = await stand.visit(stand.ground.keys.admin);
    await visit.heading('Overview');
    await visit.page.keyboard.press('g');
    await visit.page.keyboard.press('p');
    await visit.heading('Playground');
    await visit.page.keyboard.press('?');
    await visit.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await visit.page.keyboard.press('Escape');
    await visit.page.getByRole('dialog').waitFor({ state: 'detached' });
    await visit.page.keyboard.press('/');
    expect(await visit.page.evaluate('document.activeElement.type')).toBe('search');
    await visit.close();
  });

  it('begins at the top of a page that is gone to, and goes back to where it was', async () => {
    const visit = await stand.visit(stand.ground.keys.admin, { viewport: { width: 375, height: 600 } });
    const { page } = visit;
    await visit.heading('Lately');
    const link = page.getByRole('link', { name: 'Whole timeline' });
    await link.scrollIntoViewIfNeeded();
    const left = Number(await page.evaluate('scrollY'));
    expect(left).toBeGreaterThan(300);
    await link.press('Enter');
    await visit.heading('Timeline');
    expect(await page.evaluate('scrollY')).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.goBack();
    await visit.heading('Lately');
    await expect.poll(() => page.evaluate('scrollY')).toBeGreaterThan(300);
    await visit.close();
  });

  it('asks before it acts, keeps the keyboard in the question until that is answered, and gives it back', async () => {
    const visit = await stand.visit(stand.ground.keys.admin);
    const { page } = visit;
    await visit.open('/releases');
    await page.getByRole('button', { name: 'Pin', exact: true }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Pin production?' });
    await dialog.getByText('nothing but a person changes what serves').waitFor();
    for (let stop = 0; stop < 6; stop += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.closest("dialog, body").tagName')).toMatch(/DIALOG|BODY/);
      expect(await page.evaluate('document.activeElement.closest("main, aside")')).toBeNull();
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Pin');
    await page.keyboard.press('Enter');
    await page.keyboard.type('the test says so');
    await page.keyboard.press('Enter');
    // What was pressed stays under the finger, whatever it is called now.
    await page.getByRole('button', { name: 'Unpin', exact: true }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Unpin');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Unpin production?' }).getByRole('button', { name: 'Unpin' }).press('Enter');
    await page.getByRole('button', { name: 'Pin', exact: true }).waitFor();
    await visit.close();
  });

  it('asks once more for the script of a page that did not arrive, and says so when it does not come at all', async () => {
    const visit = await stand.visit(stand.ground.keys.admin);
    await visit.heading('Overview');
    let asked = 0;
    await visit.page.route(/\/assets\/playground-page-/, (route) => {
      asked += 1;
      return asked === 1 ? route.abort() : route.continue();
    });
    await visit.page.getByRole('link', { name: 'Playground' }).first().click();
    await visit.heading('Playground');
    expect(asked).toBe(2);
    await visit.page.route(/\/assets\/timeline-page-/, (route) => route.abort());
    await visit.page.getByRole('link', { name: 'Timeline' }).first().click();
    await visit.page.getByText('This page could not be shown').waitFor();
    // The frame stands, and other pages open.
    await visit.page.getByRole('link', { name: 'Versions' }).click();
    await visit.heading('Versions');
    await visit.page.getByRole('link', { name: 'Timeline' }).first().click();
    await visit.page.unrouteAll();
    await visit.page.getByRole('button', { name: 'Reload' }).click();
    await visit.heading('Timeline');
    await visit.close();
  });

  it('says that it is not connected, keeps what it shows, and is live again afterwards', async () => {
    const visit = await stand.visit(stand.ground.keys.admin);
    await visit.page.getByText('Live', { exact: true }).waitFor();
    await visit.page.getByRole('link', { name: version }).first().waitFor();
    await visit.page.context().setOffline(true);
    await visit.page.getByText('Not connected.').waitFor();
    await visit.page.getByRole('link', { name: version }).first().waitFor();
    await visit.page.context().setOffline(false);
    await visit.page.getByText('Not connected.').waitFor({ state: 'detached' });
    await visit.page.getByText('Live', { exact: true }).waitFor();
    await visit.close();
  });
});
