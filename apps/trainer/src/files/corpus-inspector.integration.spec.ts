import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, tinyCorpus, type TestDatabase } from '#testing';
import { tarGzOf, zipOf } from '../testing/archives.js';
import { RunningTrainer, TINY, corpusForm } from '../testing/running-trainer.js';

guardAgainstLeaks();

let database: TestDatabase;
let trainer: RunningTrainer;

beforeEach(async () => {
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString);
});

afterEach(async () => {
  await trainer.close();
  await database.close();
});

interface Report {
  status: string;
  error: { code: string; message: string } | null;
  report: { presets: unknown[]; findings: { code: string; document: string }[] } & Record<string, unknown>;
}

async function untilInspected(id: string): Promise<Report> {
  for (;;) {
    const report = (await (await trainer.fetch(`/v1/files/${id}/report`)).json()) as Report;
    if (report.status !== 'uploaded') return report;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function upload(bytes: Buffer, filename: string): Promise<string> {
  const answer = await trainer.fetch('/v1/files', { body: corpusForm(Uint8Array.from(bytes), filename) });
  return ((await answer.json()) as { id: string }).id;
}

async function texts(): Promise<readonly string[]> {
  const corpus = await tinyCorpus({ documents: 4, words: 300 });
  await corpus.remove();
  return corpus.texts;
}

describe('GET /v1/files/{id}/report', () => {
  it('says what is in a file once it was looked at', async () => {
    const [first = '', ...others] = await texts();
    const twin = `${first} And at the very end there is a line of its own.`;
    const lines = [first, twin, ...others].map((text, index) => JSON.stringify({ text, name: `text ${index}` }));
    const id = await trainer.upload(lines.join('\n'), 'corpus.jsonl');
    const { report, ...rest } = await untilInspected(id);
    expect(rest).toEqual({ object: 'file.report', file_id: id, status: 'processed', error: null });
    expect(report).toMatchObject({
      summary: expect.stringMatching(/^5 documents, /u) as string,
      tokenization: 'text',
      files: 5,
      documents: 5,
      train: { documents: 3, tokens: expect.any(Number) as number },
      finding_counts: { near_duplicates: 1 },
    });
    expect(report.presets).toHaveLength(3);
    expect(report.presets[0]).toEqual({
      preset: 'small',
      parameters: expect.any(Number) as number,
      tokens_per_parameter: expect.any(Number) as number,
      verdict: 'below_target',
      tokens_missing: expect.any(Number) as number,
    });
    expect(report.findings[0]).toMatchObject({ code: 'near_duplicates', document: '00000/00000001-text-0.txt' });
    const file = (await (await trainer.fetch(`/v1/files/${id}`)).json()) as object;
    expect(file).toMatchObject({ status: 'processed', status_details: null });
    expect((await readdir(trainer.config.runsDir)).filter((name) => name.startsWith('inspection'))).toEqual([]);
  });

  it('says why nothing can be trained on a file, and then no job is made of it', async () => {
    const id = await trainer.upload('one two three. '.repeat(500));
    const { status, error, report } = await untilInspected(id);
    expect({ status, code: error?.code, report }).toEqual({
      status: 'error',
      code: 'vocabulary_too_small',
      report: null,
    });
    expect(await (await trainer.fetch(`/v1/files/${id}`)).json()).toMatchObject({
      status: 'error',
      status_details: error?.message,
    });
    const method = { type: 'supervised', supervised: { hyperparameters: TINY } };
    const refused = await trainer.fetch('/v1/fine_tuning/jobs', {
      body: { model: 'small', training_file: id, method },
    });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 'vocabulary_too_small', param: 'training_file' } });
    expect((await trainer.registry.listTrainingRuns()).items).toEqual([]);
  });

  it('looks at a file that another process registered, or left behind when it stopped', async () => {
    const { sha256, sizeBytes } = await trainer.registry.getCorpus(await trainer.upload((await texts()).join('\n')));
    const file = { filename: 'left.txt', sha256, sizeBytes, purpose: 'fine-tune' };
    const { id, status } = await trainer.registry.createCorpus(file);
    expect(status).toBe('uploaded');
    expect((await untilInspected(id)).status).toBe('processed');
  });

  it.each([
    ['zip', zipOf],
    ['tar.gz', tarGzOf],
  ])('looks into a .%s', async (ending, pack) => {
    const entries = (await texts()).map((content, index) => ({ name: `folder/book ${index}.txt`, content }));
    const id = await upload(await pack(entries), `books.${ending}`);
    const { status, report } = await untilInspected(id);
    expect({ status, documents: report['documents'] }).toEqual({ status: 'processed', documents: 4 });
    const escape = await upload(await pack([...entries, { name: '../out.txt', content: 'x' }]), `bad.${ending}`);
    const refused = await untilInspected(escape);
    expect(refused).toMatchObject({ status: 'error', error: { code: 'archive_invalid' }, report: null });
  });

  it('refuses a text that is called an archive while it is uploaded', async () => {
    const form = corpusForm('only a text', 'books.zip');
    const answer = await trainer.fetch('/v1/files', { body: form });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'archive_invalid', param: 'file' } });
  });

  it('knows no file that was never uploaded', async () => {
    expect((await trainer.fetch('/v1/files/file-nope/report')).status).toBe(404);
  });
});
