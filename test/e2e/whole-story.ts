import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { tinyCorpus } from '#testing';

/** The services that a story is played on, and a key with every scope. */
export interface Stage {
  readonly trainerUrl: string;
  readonly generatorUrls: readonly string[];
  readonly key: string;
}

/** What a story ends with. */
export interface StoryEnd {
  /** Serves. */
  readonly first: string;
  /** Served for a moment. */
  readonly second: string;
}

/** On a machine that does much else. */
const LIMIT_MS = 240_000;
const POLL_MS = 50;
const HYPERPARAMETERS = { n_epochs: 1, batch_size: 2, sequence_length: 10, embedding_dim: 8, lstm_units: 8 };

/** Upload, train twice, promote one after the other, go back: each step as a client takes it, and every generator follows. */
export async function playWholeStory(stage: Stage): Promise<StoryEnd> {
  const { trainerUrl } = stage;
  const file = await upload(stage);
  const jobs = await Promise.all(
    [1, 2].map((seed) =>
      send<{ id: string }>(stage, `${trainerUrl}/v1/fine_tuning/jobs`, {
        model: 'small',
        training_file: file,
        seed,
        method: { type: 'supervised', supervised: { hyperparameters: HYPERPARAMETERS } },
      }),
    ),
  );
  const [first, second] = (await Promise.all(jobs.map(({ id }) => trained(stage, id)))) as [string, string];
  await change(stage, 'promote', { version: first });
  await serves(stage, first);
  await change(stage, 'promote', { version: second });
  await serves(stage, second);
  await change(stage, 'rollback', { reason: 'The story wants it.' });
  await serves(stage, first);
  return { first, second };
}

/** Waits until every generator completes with this version. */
export async function serves(stage: Stage, version: string): Promise<void> {
  for (const url of stage.generatorUrls) {
    await expect
      .poll(() => complete(stage, url), { timeout: LIMIT_MS, interval: POLL_MS })
      .toEqual({ model: version, isText: true });
  }
}

async function complete(stage: Stage, url: string): Promise<unknown> {
  const body = { model: 'production', prompt: 'The old captain', max_tokens: 8, seed: 1 };
  const response = await fetch(`${url}/v1/completions`, { ...requestOf(stage, body) });
  const answer = (await response.json()) as { model?: string; choices?: { text: string }[]; error?: unknown };
  return answer.error ?? { model: answer.model, isText: /\w/.test(answer.choices?.[0]?.text ?? '') };
}

async function upload(stage: Stage): Promise<string> {
  const corpus = await tinyCorpus({ documents: 6, words: 200 });
  await corpus.remove();
  const form = new FormData();
  form.append('purpose', 'fine-tune');
  form.append('file', new Blob([corpus.texts.join('\n\n')]), 'story.txt');
  const headers = { authorization: `Bearer ${stage.key}` };
  const response = await fetch(`${stage.trainerUrl}/v1/files`, { method: 'POST', headers, body: form });
  expect(response.status).toBe(200);
  return ((await response.json()) as { id: string }).id;
}

async function trained(stage: Stage, id: string): Promise<string> {
  const headers = { authorization: `Bearer ${stage.key}` };
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const response = await fetch(`${stage.trainerUrl}/v1/fine_tuning/jobs/${id}`, { headers });
    const job = (await response.json()) as { status: string; fine_tuned_model: string | null; error: unknown };
    if (job.fine_tuned_model !== null) return job.fine_tuned_model;
    if (job.status === 'failed') throw new Error(`${id} failed: ${JSON.stringify(job.error)}`);
    await sleep(POLL_MS);
  }
  throw new Error(`${id} was not trained within ${LIMIT_MS / 1000} s.`);
}

function change(stage: Stage, what: 'promote' | 'rollback', body: object): Promise<unknown> {
  return send(stage, `${stage.generatorUrls[0] ?? ''}/v1/admin/deployments/production/${what}`, body);
}

async function send<T>(stage: Stage, url: string, body: object): Promise<T> {
  const response = await fetch(url, requestOf(stage, body));
  const answer: unknown = await response.json();
  expect({ status: Math.floor(response.status / 100), answer }).toMatchObject({ status: 2 });
  return answer as T;
}

function requestOf({ key }: Stage, body: object): RequestInit {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}
