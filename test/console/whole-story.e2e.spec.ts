import 'reflect-metadata';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks, tinyCorpus, type TinyCorpus } from '#testing';
import {
  openGeneratorStand,
  type GeneratorStand,
  type Replica,
} from '../../apps/generator/src/testing/generator-stand.js';
import { RunningTrainer } from '../../apps/trainer/src/testing/running-trainer.js';
import { startReleaseLoad, type ReleaseLoad } from '../e2e/release-load.js';
import { findChromium, startChromium } from './chromium.js';
import { ConsoleVisit } from './console-visit.js';

guardAgainstLeaks();

/** So small that it trains in seconds. */
const TINY = { embedding_dim: 16, lstm_units: 24, num_layers: 1, batch_size: 4, sequence_length: 16 };
const LEARNING = { ...TINY, n_epochs: 6, learning_rate: 0.02, dropout_rate: 0 };
/** As short as it can be without deciding by chance. */
const FAST_POLICY = {
  budget: 0.05,
  stages: [
    { share: 0, minSeconds: 0, minObservations: 10, minRequests: 0 },
    { share: 0.5, minSeconds: 0, minObservations: 10, minRequests: 20 },
  ],
  metrics: { paired_loss: { margin: 0.3, block: 1, scale: 2, budget: 0.01, promotionBudget: 0.05 } },
  minObservations: 20,
  burnInSeconds: 0,
  gates: { minFreeMemoryMib: 0 },
  scoring: { sampleShare: 1, maxDecodeShare: 1, minPromptTokens: 4 },
};
const PATIENT = { timeout: 120_000 };

const chromium = findChromium();

describe.skipIf(chromium === null)('the whole story, by nothing but the console', () => {
  let ground: GeneratorStand;
  let trainer: RunningTrainer;
  let generator: Replica;
  let browser: Browser;
  let visit: ConsoleVisit;
  let corpus: TinyCorpus;
  let load: ReleaseLoad | null = null;
  let good: string;
  let poor: string;

  beforeAll(async () => {
    corpus = await tinyCorpus({ documents: 10, words: 400, seed: 3 });
    ground = await openGeneratorStand({ versions: 0 });
    const { DATABASE_URL = '', DATA_DIR = '' } = ground.environment;
    trainer = await RunningTrainer.start(DATABASE_URL, { ARTIFACT_DIR: join(DATA_DIR, 'artifacts') });
    generator = await ground.start({ TRAINER_URL: trainer.url });
    browser = await startChromium(chromium ?? '');
    visit = await ConsoleVisit.begin(browser, generator.url, ground.keys.admin);
    visit.page.setDefaultTimeout(PATIENT.timeout);
  });

  afterAll(async () => {
    await load?.stop();
    await browser.close();
    await trainer.close();
    await ground.close();
    await corpus.remove();
  });

  it('a text is uploaded and looked at', async () => {
    const { page } = visit;
    await visit.open('/corpora');
    const lines = corpus.texts.map((text) => JSON.stringify({ text })).join('\n');
    await page
      .getByLabel('Files to upload')
      .setInputFiles({ name: 'stories.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(lines) });
    await page.getByRole('row', { name: /stories\.jsonl.*processed/ }).waitFor();
  });

  it('a small model is trained on it, and its curves grow while it learns', async () => {
    good = await trainByHand(LEARNING);
    await visit.page.locator('.chart-plot canvas').first().waitFor();
  });

  it('it serves once a person promotes it', async () => {
    const { page } = visit;
    await visit.open(`/versions/${encodeURIComponent(good)}`);
    await page.getByRole('button', { name: 'Release', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('At once', { exact: true }).click();
    await dialog.getByRole('button', { name: 'Promote now' }).click();
    await page.getByText(`production serves ${good}`).waitFor();
    await generator.ready();
  });

  it('it writes in the playground', async () => {
    const { page } = visit;
    await visit.open('/playground');
    await page.getByLabel('Prompt', { exact: true }).fill(corpus.texts[0]?.slice(0, 60) ?? '');
    const answered = page.waitForResponse((response) => response.url().endsWith('/v1/completions'));
    await page.getByRole('button', { name: 'Generate' }).click();
    expect((await answered).status()).toBe(200);
    await page.getByRole('button', { name: 'Generate' }).waitFor();
  });

  it('an experiment says whether a larger one is worth it', async () => {
    const { page } = visit;
    // In two clicks from the overview: its form, the start.
    await visit.open('/');
    await page.getByRole('link', { name: 'Try the medium model' }).click();
    await page.getByLabel("Smaller model's run").selectOption({ index: 1 });
    await page.getByLabel('Train the larger model only if the rules advise it').check();
    await page.getByRole('button', { name: 'Start the experiment' }).click();
    await page.locator('.experiments-verdict').waitFor();
  });

  it('a release of a model that has learned nothing is rolled back by itself, and the page says why', async () => {
    const { page } = visit;
    poor = await trainByHand({ ...LEARNING, n_epochs: 1, learning_rate: 1e-6 });
    await ground.registry.releases.writePolicy('fast', FAST_POLICY, { actor: 'test' });
    await visit.open('/releases');
    await page.getByRole('button', { name: 'Release a version' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Version').selectOption(poor);
    await dialog.getByLabel('Policy').selectOption('fast');
    await dialog.getByRole('button', { name: 'Open the release' }).click();
    await page.getByRole('heading', { level: 1, name: `${poor} on production` }).waitFor();
    const sentences = corpus.texts
      .flatMap((text) => text.trim().split(/(?<=[.?])\s+/u))
      .filter((one) => one.length > 20);
    load = startReleaseLoad({ urls: [generator.url], key: ground.keys.completions, sentences, clients: 4 });
    await page.getByText('Rolled back.').waitFor();
    await page.getByText('Loss on live text').first().waitFor();
    expect((await ground.registry.getDeployment('production')).incumbentVersionId).toBe(good);
    await load.stop();
    expect(load.answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('and a person who knows better promotes it all the same', async () => {
    const { page } = visit;
    await visit.open(`/versions/${encodeURIComponent(poor)}`);
    await page.getByRole('button', { name: 'Release', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('At once', { exact: true }).click();
    await dialog.getByLabel('Reason').fill('to see it');
    await dialog.getByRole('button', { name: 'Promote now' }).click();
    await page.getByText(`production serves ${poor}`).waitFor();
    expect((await ground.registry.getDeployment('production')).incumbentVersionId).toBe(poor);
    expect(visit.complaints).toEqual([]);
  });

  /** Starts a run by its form and waits for the version that it makes. */
  async function trainByHand(settings: Readonly<Record<string, number>>): Promise<string> {
    const { page } = visit;
    await visit.open('/runs/new');
    await page.getByText('All settings').click();
    for (const [name, value] of Object.entries(settings))
      await page.getByLabel(name, { exact: true }).fill(String(value));
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.waitForURL(/\/runs\/ftjob-/);
    const id = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
    await page.getByText('succeeded', { exact: true }).first().waitFor();
    const run = await ground.registry.getTrainingRun(id);
    return run.modelVersionId ?? 'none';
  }
});
