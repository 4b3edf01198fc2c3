import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { trainModel, type TrainingEvent, type TrainModelOutcome } from '#language-model';
import { OnnxRuntimeEngine, type TrainingEngine } from '#language-model/workbench';
import { tinyCorpus } from '#testing';
import { TensorFlowEngine } from './tensorflow-engine.js';

const HYPERPARAMETERS = {
  n_epochs: 1,
  max_train_tokens: 600,
  batch_size: 4,
  sequence_length: 10,
  embedding_dim: 6,
  lstm_units: 8,
  tokenization: 'words',
};

it('a whole run by TensorFlow.js passes the check by the serving runtime and learns what one by ONNX Runtime learns', async () => {
  const corpus = await tinyCorpus({ documents: 5, words: 120 });
  const folder = await mkdtemp(join(tmpdir(), 'understudy-tensorflow-'));
  try {
    const events: TrainingEvent[] = [];
    const train = (name: string, engine: TrainingEngine): Promise<TrainModelOutcome> =>
      trainModel(
        {
          paths: [corpus.folder],
          preset: 'small',
          hyperparameters: HYPERPARAMETERS,
          seed: 3,
          workFolder: join(folder, name),
          threads: 1,
          engine,
        },
        (event) => events.push(event),
        {},
      );
    const expected = await train('onnxruntime', new OnnxRuntimeEngine(1));
    const actual = await train('tensorflow', await TensorFlowEngine.load('@tensorflow/tfjs-core'));
    if (expected.kind !== 'finished' || actual.kind !== 'finished') throw new Error('nobody stopped them');
    expect(actual.result).toMatchObject({ engine: 'tensorflow', device: 'cpu' });
    const { validation } = actual.result.metrics;
    expect(validation.lossNats).toBeCloseTo(expected.result.metrics.validation.lossNats, 4);
    expect(await readFile(join(actual.result.bundleFolder, 'card.md'), 'utf8')).toContain('by tensorflow on cpu');
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'phase', message: expect.stringContaining('tensorflow on cpu') as string }),
    );
  } finally {
    await corpus.remove();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
