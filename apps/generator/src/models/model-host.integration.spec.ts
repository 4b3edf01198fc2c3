import 'reflect-metadata';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';
import { ModelHost } from './model-host.js';

guardAgainstLeaks();

let stand: GeneratorStand;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 4 });
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]!.id, actor: 'test' });
});

afterAll(() => stand.close());

async function start(environment: Record<string, string> = {}): Promise<{ replica: Replica; host: ModelHost }> {
  const replica = await stand.start(environment);
  await replica.ready();
  return { replica, host: replica.app.get(ModelHost) };
}

async function complete({ url }: Replica, model: string): Promise<{ status: number; served: string | null }> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt: 'The old', max_tokens: 5, seed: 3 }),
  });
  await response.text();
  return { status: response.status, served: response.headers.get('x-model-version') };
}

describe('versions that requests name', () => {
  const ids = (): string[] => stand.versions.map(({ id }) => id);

  it('stay in memory up to the number of versions, the ones used last', async () => {
    const { replica, host } = await start({ MAX_LOADED_VERSIONS: '3' });
    const [incumbent, second, third, fourth] = ids() as [string, string, string, string];
    for (const id of [second, third, second, fourth]) {
      expect(await complete(replica, id)).toEqual({ status: 200, served: id });
    }
    expect(new Set(host.loadedIds)).toEqual(new Set([incumbent, second, fourth]));
    expect(await complete(replica, third)).toEqual({ status: 200, served: third });
  });

  it('stay in memory up to the number of bytes, and the one that serves stays whatever its size', async () => {
    const { replica, host } = await start({ MAX_LOADED_BYTES: String(2 ** 20), MAX_LOADED_VERSIONS: '4' });
    const [incumbent, second, third] = ids() as [string, string, string];
    for (const id of [second, third]) expect(await complete(replica, id)).toEqual({ status: 200, served: id });
    expect(new Set(host.loadedIds)).toEqual(new Set([incumbent, third]));
    expect(await complete(replica, 'production')).toEqual({ status: 200, served: incumbent });
  });
});

describe('a version whose thread has ended', () => {
  it('is opened again for the next request', async () => {
    const { replica, host } = await start();
    const dead = host.incumbent!;
    const { lanes } = dead.engine as unknown as { lanes: { thread: { worker: Worker } }[] };
    await lanes[0]?.thread.worker.terminate();
    const answers = await Promise.all([1, 2, 3].map(() => complete(replica, 'production')));
    expect(answers).toEqual(Array(3).fill({ status: 200, served: stand.versions[0]!.id }));
    expect(host.incumbent).not.toBe(dead);
    expect(host.loadedIds).toEqual([stand.versions[0]!.id]);
  });
});
