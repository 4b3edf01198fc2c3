import { setTimeout as delay } from 'node:timers/promises';
import type { ModelVersion } from '#registry';
import { ApiClient } from '../../apps/launcher/src/api-client.js';
import type { Job } from '../../apps/launcher/src/training/job.js';
import type { DemoGround } from './demo-ground.js';

const POLL_MS = 300;

/** What is trained, on which file. */
export interface DemoTraining {
  readonly preset: 'small' | 'medium';
  /** Id of an uploaded file. */
  readonly file: string;
  readonly epochs: number;
  /** 1 unless said. */
  readonly seed?: number;
  /** A word in the name of the version; `demo` unless said. */
  readonly suffix?: string;
  /** Other settings, by the API's names. */
  readonly hyperparameters?: Readonly<Record<string, number>>;
}

/** Uploads documents as one file. @returns its id */
export async function uploadDemoTexts(
  { trainer, key, signal }: DemoGround,
  filename: string,
  documents: readonly string[],
): Promise<string> {
  const form = new FormData();
  const lines = documents.map((text) => JSON.stringify({ text })).join('\n');
  form.set('purpose', 'fine-tune');
  form.set('file', new File([lines], filename));
  const headers = { authorization: `Bearer ${key}` };
  const uploaded = await fetch(`${trainer}/v1/files`, { method: 'POST', headers, body: form, signal });
  return ((await uploaded.json()) as { readonly id: string }).id;
}

/** Trains a preset by a fine-tuning job and waits for the version. */
export async function trainDemoModel(
  { trainer, key, registry, signal }: DemoGround,
  { preset, file, epochs, seed = 1, suffix = 'demo', hyperparameters = {} }: DemoTraining,
): Promise<ModelVersion> {
  const client = new ApiClient(trainer, key);
  const settings = { n_epochs: epochs, batch_size: 16, ...hyperparameters };
  const body = {
    model: preset,
    training_file: file,
    seed,
    suffix,
    method: { type: 'supervised', supervised: { hyperparameters: settings } },
  };
  const { id } = await client.json<Job>({ path: '/v1/fine_tuning/jobs', body, signal });
  for (;;) {
    const job = await client.json<Job>({ path: `/v1/fine_tuning/jobs/${id}`, signal });
    if (job.status === 'failed' || job.status === 'cancelled') {
      throw new Error(`The training of ${preset} ended as ${job.status}: ${job.error?.message ?? 'no reason given'}`);
    }
    if (job.status === 'succeeded' && job.fine_tuned_model !== null) {
      return registry.getModelVersion(job.fine_tuned_model);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
