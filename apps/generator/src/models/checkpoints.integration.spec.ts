import 'reflect-metadata';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint, ModelVersion } from '#registry';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

guardAgainstLeaks();

let stand: GeneratorStand;
let replica: Replica;
let openai: OpenAI;
let version: ModelVersion;
let run: { readonly id: string; readonly fence: number };

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 2 });
  const [production, bundleOfRun] = stand.versions;
  if (production === undefined || bundleOfRun === undefined) throw new Error('two versions were asked for');
  version = bundleOfRun;
  await stand.registry.promote({ deployment: 'production', versionId: production.id, actor: 'test' });
  replica = await stand.start();
  await replica.ready();
  openai = new OpenAI({ apiKey: stand.keys.completions, baseURL: `${replica.url}/v1`, maxRetries: 0 });
  const { corpusId } = await stand.registry.getTrainingRun(production.trainingRunId!);
  const { id } = await stand.registry.createTrainingRun({ corpusId, preset: 'small', seed: 1 });
  run = { id, fence: (await stand.registry.startRun(id)).fence };
});

afterAll(() => stand.close());

/** A checkpoint of a run that goes on, with the bundle of the second version. */
function takeCheckpoint(step: number, validationLossNats: number): Promise<Checkpoint> {
  const checkpoint = { step, epoch: 1, trainedTokens: step, bundleSha256: version.bundleSha256, validationLossNats };
  return stand.registry.checkpoints.record(
    run.id,
    run.fence,
    { ...checkpoint, hyperparameters: {}, metrics: {} },
    { keepEvery: 0 },
  );
}

async function complete(model: string): Promise<OpenAI.Completion> {
  return openai.completions.create({ model, prompt: 'The old', max_tokens: 12, seed: 3 });
}

describe('a checkpoint of a run that goes on', () => {
  it('answers completions under its name, with the words of its own weights', async () => {
    const checkpoint = await takeCheckpoint(10, 5);
    const answer = await complete(checkpoint.modelId);
    expect(answer.model).toBe(checkpoint.modelId);
    expect(answer.choices[0]?.text).toBe((await complete(version.id)).choices[0]?.text);
    expect(answer.choices[0]?.text).not.toBe((await complete('production')).choices[0]?.text);
    expect((await complete(checkpoint.id)).model).toBe(checkpoint.modelId);
  });

  it('is listed among the models, and described', async () => {
    const { modelId } = await takeCheckpoint(20, 4);
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toContain(modelId);
    expect(ids).toContain(version.id);
    expect(await openai.models.retrieve(modelId)).toMatchObject({ id: modelId, object: 'model', version: modelId });
  });

  it('cannot be promoted: only a version can', async () => {
    const { modelId } = await takeCheckpoint(30, 3);
    const response = await fetch(`${replica.url}/v1/admin/deployments/production/promote`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stand.keys.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: modelId }),
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } });
  });

  it('is not found any more once retention has given it up', async () => {
    const given = await takeCheckpoint(40, 2);
    await takeCheckpoint(50, 1);
    const found = (model: string): Promise<unknown> => complete(model).catch((error: unknown) => error);
    expect(await found(given.modelId)).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).not.toContain(given.modelId);
    expect(ids.filter((id) => id.includes(':ckpt-step-'))).toHaveLength(1);
  });
});
