import { setTimeout as delay } from 'node:timers/promises';
import type { ModelVersion } from '#registry';
import { ApiClient } from '../../apps/launcher/src/api-client.js';
import type { Job } from '../../apps/launcher/src/training/job.js';
import type { DemoGround } from './demo-ground.js';

const POLL_MS = 300;

/** What is trained, on which documents. */
export interface DemoTraining {
  readonly preset: 'small' | 'medium';
  readonly documents: readonly string[];
  readonly epochs: number;
}

/** Uploads documents, trains a preset on them by a fine-tuning job and waits for the version. */
export async function trainDemoModel(
  { trainer, key, registry, signal }: DemoGround,
  { preset, documents, epochs }: DemoTraining,
): Promise<ModelVersion> {
  const client = new ApiClient(trainer, key);
  const form = new FormData();
  const lines = documents.map((text) => JSON.stringify({ text })).join('\n');
  form.set('purpose', 'fine-tune');
  form.set('file', new File([lines], `${preset}.jsonl`));
  const uploaded = await fetch(`${trainer}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: form,
    signal,
  });
  const file = (await uploaded.json()) as { readonly id: string };
  const hyperparameters = { n_epochs: epochs, batch_size: 16 };
  const body = {
    model: preset,
    training_file: file.id,
    seed: 1,
    suffix: 'demo',
    method: { type: 'supervised', supervised: { hyperparameters } },
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
