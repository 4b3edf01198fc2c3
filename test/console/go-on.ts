import { setTimeout as delay } from 'node:timers/promises';
import type { Release } from '#registry/releases';
import { ApiClient } from '../../apps/launcher/src/api-client.js';
import { DemoClients } from '../demo/demo-clients.js';
import { sentencesOf } from '../demo/demo-texts.js';
import { trainDemoModel, type DemoTraining } from '../demo/demo-training.js';
import type { DemoEnd } from '../demo/rollback-demo.js';

const POLL_MS = 500;
const LIMIT_MS = 240_000;
const CLIENTS = 3;
const SETTLED: ReadonlySet<Release['state']> = new Set(['watched', 'completed', 'rolled_back', 'aborted', 'held']);

/**
 * Small models that differ in a setting each. The last of them is released: the one that serves, trained for twice as long, so that it is better
 * by more than chance. (One with another seed was rolled back: it is worse on live text by more than the margin.)
 */
const TRIES: readonly Omit<DemoTraining, 'file'>[] = [
  { preset: 'small', epochs: 6, suffix: 'slow', hyperparameters: { learning_rate: 0.001 } },
  { preset: 'small', epochs: 6, suffix: 'narrow', hyperparameters: { lstm_units: 128, embedding_dim: 64 } },
  { preset: 'small', epochs: 8, suffix: 'longer' },
];

/** What a team does after a rollback, and clients that ask all the while until they are stopped. */
export interface Aftermath {
  /** The release that followed, promoted. */
  readonly release: Release;
  readonly clients: DemoClients;
}

/**
 * Goes on after the rollback as a team would: a few runs that differ in one setting, an experiment on whether a larger model is worth it, and
 * a release of the last of the small ones, on both kinds of text.
 *
 * @param tell told what happens, line by line
 */
export async function goOn({ ground, texts, files }: DemoEnd, tell: (line: string) => void): Promise<Aftermath> {
  const { generators, trainer, key, registry, signal } = ground;
  const sentences = sentencesOf([...texts.stories, ...texts.backwards]);
  const clients = new DemoClients({ urls: generators, key, sentences, clients: CLIENTS });
  try {
    let newest = '';
    for (const one of TRIES) {
      tell(`Training "${one.preset} ${one.suffix ?? ''}" on both kinds ...`);
      newest = (await trainDemoModel(ground, { ...one, file: files.both })).id;
    }
    tell('An experiment: is medium worth it? ...');
    const api = new ApiClient(trainer, key);
    const [reused] = (await registry.listTrainingRuns({ limit: 1 })).items;
    const { id } = await api.json<{ readonly id: string }>({
      path: '/v1/upgrade-experiments',
      body: { from: 'small', to: 'medium', from_job: reused?.id, training_file: files.both, fallback: null },
      signal,
    });
    await until(signal, async () => {
      const { status } = await api.json<{ status: string }>({ path: `/v1/upgrade-experiments/${id}`, signal });
      if (status === 'failed' || status === 'cancelled') throw new Error(`The experiment ended as ${status}.`);
      return status === 'succeeded';
    });
    tell(`Releasing ${newest} ...`);
    await new ApiClient(generators[0]!, key).json({
      path: '/v1/admin/deployments/production/promote',
      body: { version: newest, strategy: 'release', policy: 'demo', reason: 'it has read both kinds twice as often' },
      signal,
    });
    const opened = await registry.releases.findOpen('production');
    if (opened === null) throw new Error('No release was opened.');
    let release = opened;
    await until(signal, async () => {
      release = await registry.releases.get(opened.id);
      return SETTLED.has(release.state);
    });
    tell(`It is ${release.state.replace('_', ' ')}: ${release.reason ?? 'no reason given'}`);
    return { release, clients };
  } catch (error) {
    await clients.stop();
    throw error;
  }
}

async function until(signal: AbortSignal, isReached: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await isReached())) {
    if (Date.now() > end) throw new Error(`Nothing happened for ${LIMIT_MS / 1_000} seconds.`);
    await delay(POLL_MS, undefined, { signal });
  }
}
