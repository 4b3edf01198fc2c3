import { ApiClient } from '../../apps/launcher/src/api-client.js';
import type { Job } from '../../apps/launcher/src/training/job.js';
import type { ContainerStack } from './container-stack.js';
import { until } from './until.js';

/** Sizes with which a run takes some seconds. */
const TINY = {
  embedding_dim: 16,
  lstm_units: 24,
  num_layers: 1,
  batch_size: 4,
  sequence_length: 16,
  dropout_rate: 0,
  learning_rate: 0.02,
  early_stopping_patience: 0,
};
const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

/** An answer to a completion request. */
export interface CompletionAnswer {
  readonly status: number;
  readonly version: string | null;
  readonly text: string;
}

/** A generator as it has last reported itself. */
interface Replica {
  readonly version: string | null;
  readonly ready: boolean;
  readonly state: 'ready' | 'loading' | 'troubled' | 'lost';
}

/** A line of the history of a deployment. */
interface TimelineEntry {
  readonly id: string;
  readonly kind: string;
}

/** What people do with Understudy, over HTTP alone. */
export class StackClient {
  private readonly trainer: ApiClient;
  private readonly generator: ApiClient;
  private readonly signal = AbortSignal.timeout(3_600_000);

  constructor(
    private readonly stack: ContainerStack,
    private readonly key: string,
  ) {
    this.trainer = new ApiClient(stack.trainerUrl, key);
    this.generator = new ApiClient(stack.generatorUrl, key);
  }

  /** Uploads texts; returns the id of the file. */
  async upload(texts: readonly string[]): Promise<string> {
    const form = new FormData();
    form.append('purpose', 'fine-tune');
    const lines = texts.map((text, index) => JSON.stringify({ text, name: `text-${index}` })).join('\n');
    form.append('file', new Blob([lines]), 'texts.jsonl');
    const encoded = new Response(form);
    const body = new Uint8Array(await encoded.arrayBuffer());
    const stream = (async function* () {
      yield await Promise.resolve(body);
    })();
    const type = encoded.headers.get('content-type') ?? '';
    return (await this.trainer.stream<{ id: string }>('/v1/files', type, stream, this.signal)).id;
  }

  /** Begins a job on a file; returns its id. */
  async train(file: string, hyperparameters: Readonly<Record<string, number>>): Promise<string> {
    const method = { type: 'supervised', supervised: { hyperparameters: { ...TINY, ...hyperparameters } } };
    const body = { model: 'small', training_file: file, seed: 1, method };
    return (await this.trainer.json<Job>({ path: '/v1/fine_tuning/jobs', body, signal: this.signal })).id;
  }

  /** Waits until a job computes. */
  async untilTraining(id: string): Promise<void> {
    await until(`${id} computes`, async () => {
      const { status, progress } = await this.job(id);
      if (ENDED.has(status)) throw new Error(`${id} has ended already.`);
      return progress?.phase === 'training';
    });
  }

  /** Waits for the end of a job; returns the version that it made. */
  async untilTrained(id: string): Promise<string> {
    await until(`${id} has ended`, async () => ENDED.has((await this.job(id)).status));
    const { status, error, fine_tuned_model: version } = await this.job(id);
    if (version === null) throw new Error(`${id} is ${status}: ${error?.message ?? 'no reason'}`);
    return version;
  }

  async promote(
    version: string,
    how: { readonly strategy: 'now' | 'release'; readonly policy?: string },
  ): Promise<void> {
    await this.change('promote', { version, reason: 'container test', ...how });
  }

  async rollBack(): Promise<void> {
    await this.change('rollback', { reason: 'container test' });
  }

  /** Waits for each of so many generators to say that it serves a version. */
  async untilServedBy(generators: number, version: string): Promise<void> {
    await until(`${generators} generators serve ${version}`, async () => {
      const replicas = await this.list<Replica>('/v1/admin/replicas');
      // One that was killed stays in the list for an hour.
      const living = replicas.filter(({ state }) => state !== 'lost');
      return living.length === generators && living.every((replica) => replica.ready && replica.version === version);
    });
  }

  async writePolicy(name: string, document: object): Promise<void> {
    const response = await fetch(`${this.stack.generatorUrl}/v1/admin/policies/${name}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    });
    if (!response.ok) throw new Error(`The policy was answered ${response.status}: ${await response.text()}`);
  }

  /** Waits for the newest release to end; returns how it did. */
  async untilReleaseEnded(): Promise<{ readonly state: string; readonly reason: string | null }> {
    let newest: { state: string; reason: string | null; ended_at: number | null } | undefined;
    await until('the release has ended', async () => {
      [newest] = await this.list('/v1/admin/releases?limit=1');
      return newest !== undefined && newest.ended_at !== null;
    });
    if (newest === undefined) throw new Error('unreachable');
    return newest;
  }

  /** What has been done to the deployment, the newest first. */
  timeline(): Promise<readonly TimelineEntry[]> {
    return this.list('/v1/admin/deployments/production/timeline?limit=100');
  }

  /** Ids of all versions, the newest first. */
  async versions(): Promise<readonly string[]> {
    return (await this.list<{ id: string }>('/v1/admin/model-versions?limit=100')).map(({ id }) => id);
  }

  /** The version that the database says should serve. */
  async incumbent(): Promise<string | null> {
    const path = '/v1/admin/deployments/production';
    return (await this.generator.json<{ incumbent: string | null }>({ path, signal: this.signal })).incumbent;
  }

  /** The same prompt and seed, so that a version always answers the same. Status 0 where no answer came. */
  async complete(prompt = 'the old captain'): Promise<CompletionAnswer> {
    try {
      const response = await fetch(`${this.stack.generatorUrl}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'production', prompt, max_tokens: 12, seed: 7 }),
        signal: AbortSignal.timeout(20_000),
      });
      const body = (await response.json()) as { choices?: readonly { text: string }[] };
      const { status, headers } = response;
      return { status, version: headers.get('x-model-version'), text: body.choices?.[0]?.text ?? '' };
    } catch {
      return { status: 0, version: null, text: '' };
    }
  }

  private async change(what: string, body: object): Promise<void> {
    await this.generator.json({ path: `/v1/admin/deployments/production/${what}`, body, signal: this.signal });
  }

  private async list<T>(path: string): Promise<readonly T[]> {
    return (await this.generator.json<{ data: readonly T[] }>({ path, signal: this.signal })).data;
  }

  private job(id: string): Promise<Job> {
    return this.trainer.json<Job>({ path: `/v1/fine_tuning/jobs/${id}`, signal: this.signal });
  }
}
