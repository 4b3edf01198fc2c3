import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#database';
import { guardAgainstLeaks, tinyCorpus } from '#testing';
import { findChromium } from './chromium.js';
import { openConsoleStand, type ConsoleStand } from './console-stand.js';
import type { ConsoleVisit } from './console-visit.js';
import { addMeasuredRuns, POINTS_OF_A_RUN } from './measured-runs.js';

guardAgainstLeaks();

const chromium = findChromium();
const PAGES = [
  ['/corpora', 'Corpora', 'No text yet'],
  ['/runs', 'Runs', 'No run yet'],
  ['/runs/new', 'New run', 'There is no text to train on'],
  ['/experiments', 'Experiments', 'No experiment yet'],
  ['/experiments/new', 'New experiment', 'There is no text to train on'],
] as const;

const LISTS = /\/v1\/(?:files|fine_tuning\/jobs|upgrade-experiments)(?:\?|$)/;

/** Runs that the page draws at once, and points that it asks for of each of them, beside the last step. */
const MOST_DRAWN = 12;
const MOST_POINTS_FETCHED = 1_500;

/** Settings that end a run in a second, by the labels of the form. */
const QUICK = { n_epochs: '1', batch_size: '2', sequence_length: '10', embedding_dim: '8', lstm_units: '8' };

describe.skipIf(chromium === null)('the pages of training', () => {
  let stand: ConsoleStand;
  let visit: ConsoleVisit;

  beforeAll(async () => {
    stand = await openConsoleStand(chromium ?? '', { versions: 1 });
    visit = await stand.visit(stand.ground.keys.admin);
  });

  afterAll(async () => {
    await visit.close();
    await stand.close();
  });

  it('say what to do while there is nothing', async () => {
    const { page } = visit;
    // The versions of the stand were trained on something.
    await page.route(LISTS, (route) => route.fulfill({ json: { object: 'list', data: [], has_more: false } }));
    for (const [path, title, words] of PAGES) {
      await visit.open(path);
      await visit.heading(title);
      await visit.heading(words);
      await visit.expectSound();
    }
    await page.unroute(LISTS);
  });

  it('take a text, say for which model it is enough, train on it, and draw what is learned', async () => {
    const { page } = visit;
    const corpus = await tinyCorpus({ documents: 10, words: 200 });
    await corpus.remove();
    await visit.open('/corpora');
    const files = corpus.texts.map((text, index) => ({
      name: `text ${index}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(text),
    }));
    await page.getByLabel('Files to upload').setInputFiles(files);
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.getByRole('list', { name: 'Uploads' }).getByRole('link', { name: 'text 0-and-9-more.jsonl' }).click();
    await visit.heading('Is it enough?');
    await page.getByText('too little').first().waitFor();
    await visit.expectSound();

    await page.getByRole('link', { name: 'Train a model' }).click();
    await visit.heading('What it would be');
    await page.getByText('All settings').click();
    for (const [label, value] of Object.entries(QUICK)) await page.getByLabel(label, { exact: true }).fill(value);
    await page.getByText('training sequences for each parameter').waitFor();
    await visit.expectSound();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByText('succeeded', { exact: true }).first().waitFor({ timeout: 120_000 });
    await page.getByRole('img', { name: /^Loss\. Last values: validation/ }).waitFor();
    await visit.expectSound();
    await page.getByRole('tab', { name: 'Checkpoints' }).click();
    await page.getByText('best', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Events' }).click();
    await page.getByText('The job is queued').waitFor();
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByText('text 0-and-9-more.jsonl').waitFor();
    await visit.expectSound();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: 'More' })
        .click()
        .then(() => page.getByRole('menuitem', { name: 'Download CSV' }).click()),
    ]);
    expect(saved.suggestedFilename()).toMatch(/^ftjob-\w+\.csv$/);
  });

  it('say beside the field what the service refuses', async () => {
    const { page } = visit;
    await visit.open('/runs/new');
    await page.getByLabel('Suffix').fill('Not A Suffix');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('alert').filter({ hasText: 'suffix must be' }).first().waitFor();
    await visit.expectSound();
  });

  it('say that a thing is not there, and what becomes of pages while the trainer is away', async () => {
    const { page } = visit;
    for (const path of ['/runs/ftjob-none', '/corpora/file-none', '/experiments/upexp-none']) {
      await visit.open(path);
      await page.getByText('Not found.').waitFor();
    }
    await page.route('**/v1/fine_tuning/**', (route) => route.abort());
    await visit.open('/runs');
    await page.getByText('Not connected.').waitFor();
    await page.unroute('**/v1/fine_tuning/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await visit.heading('All runs');
  });

  // How long that takes is measured by npm run bench -- console.
  it('draw and fetch no more than can be seen, of 200 runs and of 10,000 points', async () => {
    const own = await stand.visit(stand.ground.keys.admin);
    const { page } = own;
    await page.addInitScript(COUNT_DRAWN_POINTS);
    const database = openDatabase({ connectionString: stand.ground.environment['DATABASE_URL'] ?? '' });
    const [first = '', ...others] = await addMeasuredRuns(database, 200, MOST_DRAWN + 2).finally(() =>
      database.close(),
    );
    const fetched: { readonly told: number; readonly steps: readonly number[] }[] = [];
    page.on('response', (response) => {
      if (!response.url().includes('/metrics?')) return;
      // What is still under way when the window is closed has no body.
      void response.json().then(
        (body) => fetched.push(body as (typeof fetched)[number]),
        () => undefined,
      );
    });
    await own.open(`/runs?charts=all&runs=${[first, ...others].join(',')}`);
    await own.heading(`Curves of ${MOST_DRAWN} runs`);
    await page.getByText('2 more are chosen').waitFor();
    // As many rows as are near; the others come as they are scrolled to.
    await page.getByRole('row').nth(MOST_DRAWN).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(100);
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 2_000);
        return page.getByRole('row').count();
      })
      .toBeGreaterThan(200);
    await page.mouse.wheel(0, -100_000);
    await page
      .locator('figure')
      .first()
      .locator('.chart-key')
      .nth(MOST_DRAWN - 1)
      .waitFor();
    await own.expectSound();
    await expect.poll(() => fetched.length).toBe(MOST_DRAWN);
    expect(fetched.map(({ told }) => told)).toEqual(Array.from({ length: MOST_DRAWN }, () => POINTS_OF_A_RUN));
    expect(Math.max(...fetched.map(({ steps }) => steps.length))).toBeLessThanOrEqual(MOST_POINTS_FETCHED + 1);

    await own.open(`/runs/${first}`);
    const loss = page.locator('figure').first();
    await loss.locator('.chart-key').waitFor();
    await expect.poll(() => Math.max(...fetched.map(({ steps }) => steps.length))).toBe(POINTS_OF_A_RUN);
    await expect.poll(() => page.evaluate('window.mostDrawnPoints')).toBeGreaterThan(0);
    const width = Number(await loss.locator('canvas').getAttribute('width'));
    expect(await page.evaluate('window.mostDrawnPoints')).toBeLessThanOrEqual(4 * width);
    await own.close();
  });

  it('can be used at the width of a phone, and in the dark', async () => {
    const phone = await stand.visit(stand.ground.keys.admin, { colorScheme: 'dark' });
    await phone.page.setViewportSize({ width: 375, height: 800 });
    for (const [path, title] of PAGES) {
      await phone.open(path);
      await phone.heading(title);
      await phone.expectSound();
    }
    await phone.close();
  });
});

/** Of a line on a canvas: the most that any has had. */
const COUNT_DRAWN_POINTS = `window.mostDrawnPoints = 0;
  const { lineTo } = Path2D.prototype;
  Path2D.prototype.lineTo = function (x, y) {
    this.drawnPoints = (this.drawnPoints ?? 0) + 1;
    window.mostDrawnPoints = Math.max(window.mostDrawnPoints, this.drawnPoints);
    return lineTo.call(this, x, y);
  };`;
