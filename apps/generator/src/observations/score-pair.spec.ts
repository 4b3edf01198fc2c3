import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { trainModel } from '#language-model';
import { tinyCorpus, type TinyCorpus } from '#testing';
import { LoadedVersion } from '../models/loaded-version.js';
import { scorePairs } from './score-pair.js';

const SIZES = { embedding_dim: 16, lstm_units: 24, num_layers: 1, batch_size: 4, sequence_length: 16, dropout_rate: 0 };
const TEXT = 'The old captain watched the quiet river near the sea. The teacher remembered the song.';

let folder: string;
let corpus: TinyCorpus;
const loaded: LoadedVersion[] = [];

async function load(id: string, hyperparameters: object): Promise<LoadedVersion> {
  const workFolder = join(folder, id);
  const settings = { ...SIZES, n_epochs: 3, learning_rate: 0.02, ...hyperparameters };
  const input = { paths: [corpus.folder], preset: 'small', hyperparameters: settings, seed: 1, workFolder, threads: 1 };
  const outcome = await trainModel(input, () => undefined, {});
  if (outcome.kind !== 'finished') throw new Error('Training was stopped.');
  const store = new FolderArtifactStore(join(folder, 'artifacts'));
  const { bundleSha256 } = await store.putBundle(outcome.result.bundleFolder);
  const version = { id, preset: 'small', bundleSha256, createdAt: new Date() };
  const one = await LoadedVersion.load(version, store, { threads: 1, maxBatchSize: 8, maxQueued: 8 }, 'test');
  loaded.push(one);
  return one;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-pairs-'));
  corpus = await tinyCorpus({ documents: 8, words: 300 });
});

afterAll(async () => {
  await Promise.all(loaded.map((version) => version.close()));
  await corpus.remove();
  await rm(folder, { recursive: true });
});

async function difference(candidate: LoadedVersion, incumbent: LoadedVersion, text = TEXT): Promise<number> {
  const { pairs } = await scorePairs(candidate, incumbent, [text]);
  return pairs[0]!.differenceNats;
}

describe('two versions that score the same text', () => {
  it('differ by nothing when they are the same, and by the opposite when they change places', async () => {
    const [trained, untrained] = [await load('trained', {}), await load('untrained', { learning_rate: 1e-6 })];
    expect(await difference(trained, trained)).toBe(0);
    const worse = await difference(untrained, trained);
    expect(worse).toBeGreaterThan(0.5);
    expect(await difference(trained, untrained)).toBe(-worse);
  });

  it('are told for each text, and long ones are read to their 256th token', async () => {
    const [trained] = loaded as [LoadedVersion];
    const { pairs, computeMs } = await scorePairs(trained, trained, [TEXT, '', TEXT.repeat(100)]);
    expect(pairs.map((pair) => pair?.tokens ?? null)).toEqual([
      trained.engine.tokenizer.encode(TEXT).length,
      null,
      256,
    ]);
    expect(computeMs).toBeGreaterThan(0);
  });

  it('are not told apart in favour of the one that knows fewer words', async () => {
    const [trained] = loaded as [LoadedVersion];
    const ignorant = await load('ignorant', { max_vocab_size: 30 });
    expect(ignorant.engine.config.vocabularySize).toBeLessThan(trained.engine.config.vocabularySize);
    const plainLoss = async ({ engine }: LoadedVersion): Promise<number> =>
      (await engine.score([engine.tokenizer.encode(TEXT)])).scores[0]!.lossNats;
    // What a class of all unknown words costs is less than what the words cost.
    expect(await plainLoss(ignorant)).toBeLessThan(await plainLoss(trained));
    expect(await difference(ignorant, trained)).toBeGreaterThan(0.3);
  });

  it('are not compared when they cut text into different tokens', async () => {
    const [trained] = loaded as [LoadedVersion];
    const words = await load('words', { tokenization: 'words' });
    expect((await scorePairs(words, trained, [TEXT])).pairs).toEqual([null]);
  });
});
