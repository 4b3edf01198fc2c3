import { readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderArtifactStore } from '#artifacts';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { tarGzOf, zipOf } from '../testing/archives.js';
import { corpusForm, RunningTrainer, TINY } from '../testing/running-trainer.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;

beforeAll(async () => {
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

interface Answer {
  id: string;
  error?: { code: string; message: string } | null;
}

async function post(path: string, body: unknown): Promise<Answer> {
  return (await (await trainer.fetch(path, { method: 'POST', body })).json()) as Answer;
}

async function upload(content: string | Buffer, filename: string): Promise<Answer> {
  return post('/v1/files', corpusForm(typeof content === 'string' ? content : Uint8Array.from(content), filename));
}

/** What a job on the file ends with: refused at once where the file was looked at before, failed otherwise. */
async function errorOfJob(training_file: string): Promise<{ code: string; message: string } | null> {
  const method = { type: 'supervised', supervised: { hyperparameters: TINY } };
  const job = await post('/v1/fine_tuning/jobs', { model: 'small', training_file, method });
  if (job.error) return job.error;
  return (await trainer.until(job.id, ({ finishedAt }) => finishedAt !== null)).error;
}

async function expectNothingRegistered(): Promise<void> {
  expect((await trainer.registry.listModelVersions()).items).toEqual([]);
  const folders = (): Promise<string[]> => readdir(trainer.config.runsDir);
  await expect.poll(folders, { timeout: 20_000 }).toEqual([]);
}

/** 18 tokens; a batch has 20. */
const SHORT = 'one two three four five six '.repeat(3);
const LATIN = Buffer.from('caf\xe9 '.repeat(500), 'latin1');
const BINARY = Buffer.alloc(5_000, 'ab\0');

describe('a job on a text that cannot be trained on', () => {
  it.each([
    ['an empty file', '', 'a.txt', 'corpus_empty'],
    ['white space', ' \n\n ', 'a.txt', 'corpus_empty'],
    ['another encoding', LATIN, 'a.txt', 'corpus_not_text'],
    ['zero bytes', BINARY, 'a.txt', 'corpus_not_text'],
    ['lines that are no documents', 'not json', 'a.jsonl', 'corpus_not_text'],
  ])('is refused while it is uploaded: %s', async (_, content, filename, code) => {
    expect((await upload(content, filename)).error?.code).toBe(code);
  });

  it.each<[string, () => Promise<[string | Buffer, string]>, string]>([
    ['fewer tokens than a batch', () => Promise.resolve([SHORT, 'a.txt']), 'corpus_too_small'],
    ['three words', () => Promise.resolve(['one two three '.repeat(500), 'a.txt']), 'vocabulary_too_small'],
    [
      'one document many times',
      () => Promise.resolve([`${JSON.stringify({ text: SHORT })}\n`.repeat(500), 'a.jsonl']),
      'corpus_too_small',
    ],
    ['an archive without texts', async () => [await zipOf([{ name: 'a.png', content: 'x' }]), 'a.zip'], 'corpus_empty'],
    [
      'binary files in an archive',
      async () => [await tarGzOf([{ name: 'a.txt', content: BINARY }]), 'a.tgz'],
      'corpus_not_text',
    ],
    [
      'a damaged archive',
      async () => [(await zipOf([{ name: 'a.txt', content: 'x' }])).subarray(0, 40), 'a.zip'],
      'archive_invalid',
    ],
  ])('ends with a code and leaves nothing behind: %s', async (_, make, code) => {
    const error = await errorOfJob((await upload(...(await make()))).id);
    expect(error).toEqual(expect.objectContaining({ code, message: expect.stringMatching(/\.$/u) as string }));
    await expectNothingRegistered();
  });

  it('ends with a code when the stored bytes are gone', async () => {
    const { id } = await upload(await text(500), 'a.txt');
    const { sha256 } = await trainer.registry.getCorpus(id);
    await rm(new FolderArtifactStore(trainer.config.artifactDir).path(sha256));
    const found = await errorOfJob(id);
    expect(found?.code).toBe('artifact_missing');
    await expectNothingRegistered();
  });
});

async function text(words: number): Promise<string> {
  const corpus = await tinyCorpus({ documents: 1, words });
  await corpus.remove();
  return corpus.texts[0] ?? '';
}
