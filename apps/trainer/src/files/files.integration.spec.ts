import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { RunningTrainer, corpusForm, keyWith } from '../testing/running-trainer.js';

guardAgainstLeaks();

const MAX_UPLOAD_BYTES = 200_000;
let database: TestDatabase;
let trainer: RunningTrainer;

beforeAll(async () => {
  database = await createTestDatabase();
  trainer = await RunningTrainer.start(database.connectionString, { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) });
});

afterAll(async () => {
  await trainer.close();
  await database.close();
});

interface FileBody {
  id: string;
  bytes: number;
}

interface ErrorAnswer {
  error: { message: string; type: string; param: string | null; code: string };
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return trainer.fetch('/v1/files', { method: 'POST', body, headers });
}

async function storedFiles(): Promise<string[]> {
  const entries = await readdir(trainer.config.artifactDir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('/v1/files', () => {
  it.each([
    ['a.txt', 'Some text.\n'],
    ['b.md', '# Title\n\nText – with “quotes”.'],
    ['c.jsonl', '{"text": "one"}\n{"text": "two", "name": "x"}\n'],
    ['ÜBER alles.TXT', 'ein Text'],
  ])('takes %s, describes it, gives its bytes back and forgets it', async (filename, text) => {
    const uploaded = await post(corpusForm(text, filename));
    expect(uploaded.status).toBe(200);
    const file = (await uploaded.json()) as FileBody;
    expect(file).toEqual({
      id: expect.stringMatching(/^file-[A-Za-z0-9]{22}$/) as string,
      object: 'file',
      bytes: Buffer.byteLength(text),
      created_at: expect.any(Number) as number,
      filename,
      purpose: 'fine-tune',
      status: 'uploaded',
      status_details: null,
    });
    expect(await (await trainer.fetch(`/v1/files/${file.id}`)).json()).toEqual(file);
    const content = await trainer.fetch(`/v1/files/${file.id}/content`);
    expect(content.headers.get('content-length')).toBe(String(file.bytes));
    expect(await content.text()).toBe(text);
    const deleted = await trainer.fetch(`/v1/files/${file.id}`, { method: 'DELETE' });
    expect(await deleted.json()).toEqual({ id: file.id, object: 'file', deleted: true });
    for (const path of [`/v1/files/${file.id}`, `/v1/files/${file.id}/content`]) {
      const gone = await trainer.fetch(path);
      expect(gone.status).toBe(404);
      expect(((await gone.json()) as ErrorAnswer).error.code).toBe('file_not_found');
    }
    expect(await storedFiles()).toEqual([]);
  });

  it('takes the purpose before and after the file', async () => {
    const form = new FormData();
    form.append('file', new Blob(['text']), 'a.txt');
    form.append('purpose', 'fine-tune');
    const response = await post(form);
    expect(response.status).toBe(200);
    await trainer.fetch(`/v1/files/${((await response.json()) as FileBody).id}`, { method: 'DELETE' });
  });

  it('keeps bytes that another file needs', async () => {
    const [first, second] = [await trainer.upload('same text'), await trainer.upload('same text')];
    expect(await storedFiles()).toHaveLength(1);
    await trainer.fetch(`/v1/files/${first}`, { method: 'DELETE' });
    expect(await (await trainer.fetch(`/v1/files/${second}/content`)).text()).toBe('same text');
    await trainer.fetch(`/v1/files/${second}`, { method: 'DELETE' });
    expect(await storedFiles()).toEqual([]);
  });

  it('pages through files, newest first', async () => {
    const ids: string[] = [];
    for (const n of [1, 2, 3]) ids.unshift(await trainer.upload(`text ${n}`));
    interface List {
      data: FileBody[];
      has_more: boolean;
      last_id: string;
    }
    const first = (await (await trainer.fetch('/v1/files?limit=2')).json()) as List;
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.has_more).toBe(true);
    const rest = (await (
      await trainer.fetch(`/v1/files?limit=10000&purpose=fine-tune&after=${first.last_id}`)
    ).json()) as List;
    expect(rest.data.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(rest.has_more).toBe(false);
    for (const id of ids) await trainer.fetch(`/v1/files/${id}`, { method: 'DELETE' });
  });

  const twice = corpusForm('text');
  twice.append('file', new Blob(['more']), 'b.txt');
  const extra = corpusForm('text');
  extra.append('colour', 'red');
  const expiring = corpusForm('text');
  expiring.append('expires_after[anchor]', 'created_at');
  const textField = new FormData();
  textField.append('purpose', 'fine-tune');
  textField.append('file', 'text');
  const otherName = new FormData();
  otherName.append('purpose', 'fine-tune');
  otherName.append('document', new Blob(['text']), 'a.txt');
  const onlyFile = new FormData();
  onlyFile.append('file', new Blob(['text']), 'a.txt');
  const onlyPurpose = new FormData();
  onlyPurpose.append('purpose', 'fine-tune');
  const purposeLast = new FormData();
  purposeLast.append('file', new Blob(['text']), 'a.txt');
  purposeLast.append('purpose', 'assistants');

  it.each<[string, unknown, number, string, string | null]>([
    ['no parts', new FormData(), 400, 'missing_parameter', 'file'],
    ['no file', onlyPurpose, 400, 'missing_parameter', 'file'],
    ['no purpose', onlyFile, 400, 'missing_parameter', 'purpose'],
    ['a wrong purpose', corpusForm('text', 'a.txt', 'assistants'), 400, 'invalid_value', 'purpose'],
    ['a wrong purpose after the file', purposeLast, 400, 'invalid_value', 'purpose'],
    ['two files', twice, 400, 'invalid_multipart', 'file'],
    ['an unknown field after the file', extra, 400, 'unknown_parameter', 'colour'],
    ['a file in an unknown field', otherName, 400, 'unknown_parameter', 'document'],
    ['a text instead of a file', textField, 400, 'invalid_multipart', 'file'],
    ['an expiry', expiring, 400, 'unsupported_parameter', 'expires_after'],
    ['a wrong extension', corpusForm('text', 'a.pdf'), 400, 'invalid_value', 'file'],
    ['no extension', corpusForm('text', 'README'), 400, 'invalid_value', 'file'],
    ['an empty file', corpusForm(''), 400, 'corpus_empty', 'file'],
    ['a blank file', corpusForm(' \n '), 400, 'corpus_empty', 'file'],
    ['NUL bytes', corpusForm('a\0b'), 400, 'corpus_not_text', 'file'],
    ['bytes that are not UTF-8', corpusForm(new Uint8Array([0x61, 0xff, 0x62])), 400, 'corpus_not_text', 'file'],
    ['a .jsonl file of other lines', corpusForm('{"prompt": "a"}', 'a.jsonl'), 400, 'corpus_not_text', 'file'],
    ['JSON instead of a form', { purpose: 'fine-tune' }, 415, 'unsupported_media_type', null],
  ])('refuses %s and keeps nothing', async (_, body, status, code, param) => {
    const response = await post(body);
    const answer = (await response.json()) as ErrorAnswer;
    expect({ status: response.status, ...answer.error }).toMatchObject({
      status,
      code,
      param,
      type: 'invalid_request_error',
    });
    expect(await storedFiles()).toEqual([]);
    expect(((await (await trainer.fetch('/v1/files')).json()) as { data: unknown[] }).data).toEqual([]);
  });

  it('refuses a form that is cut off', async () => {
    const body = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf of';
    const response = await post(body, { 'content-type': 'multipart/form-data; boundary=b' });
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorAnswer).error.code).toBe('invalid_multipart');
    expect(await storedFiles()).toEqual([]);
  });

  it('refuses a form without a boundary', async () => {
    const response = await post('text', { 'content-type': 'multipart/form-data' });
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorAnswer).error.code).toBe('invalid_multipart');
  });

  it.each([
    ['a little more than the limit', MAX_UPLOAD_BYTES + 1],
    ['so much that the announced length is too long', MAX_UPLOAD_BYTES + 20 * 1024 * 1024],
  ])('answers 413 naming the limit to %s, and keeps nothing', async (_, size) => {
    const response = await post(corpusForm('x'.repeat(size)));
    const answer = (await response.json()) as ErrorAnswer;
    expect(response.status).toBe(413);
    expect(answer.error).toMatchObject({
      code: 'body_too_large',
      message: expect.stringContaining(String(MAX_UPLOAD_BYTES)) as string,
    });
    expect(await storedFiles()).toEqual([]);
  });

  it('takes a file of exactly the largest size', async () => {
    const response = await post(corpusForm('x'.repeat(MAX_UPLOAD_BYTES)));
    expect(response.status).toBe(200);
    await trainer.fetch(`/v1/files/${((await response.json()) as FileBody).id}`, { method: 'DELETE' });
  });

  it('keeps nothing of an upload whose client goes away', async () => {
    const gone = new AbortController();
    const piece = new TextEncoder().encode('text '.repeat(1000));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (++sent > 3) {
          // The server has begun to write by now.
          while ((await storedFiles()).length === 0) await new Promise(setImmediate);
          gone.abort();
          return;
        }
        controller.enqueue(
          sent === 1
            ? new TextEncoder().encode('--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n')
            : piece,
        );
      },
    });
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      signal: gone.signal,
      headers: { authorization: `Bearer ${trainer.key}`, 'content-type': 'multipart/form-data; boundary=b' },
    };
    await expect(fetch(`${trainer.url}/v1/files`, init as RequestInit)).rejects.toThrow(/abort/);
    await expect.poll(storedFiles).toEqual([]);
  });

  it.each([
    ['/v1/files?limit=0', 'limit'],
    ['/v1/files?limit=x', 'limit'],
    ['/v1/files?limit=10001', 'limit'],
    ['/v1/files?after=file-nope', 'after'],
    ['/v1/files?purpose=assistants', 'purpose'],
    ['/v1/files?colour=red', 'colour'],
  ])('refuses %s', async (path, param) => {
    const response = await trainer.fetch(path);
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorAnswer).error.param).toBe(param);
  });

  it('lets only keys with the scope training through', async () => {
    const completions = await keyWith(trainer.registry, ['completions']);
    const admin = await keyWith(trainer.registry, ['admin']);
    const status = async (key: string): Promise<number> =>
      (await trainer.fetch('/v1/files', { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await status(completions)).toBe(403);
    expect(await status('sk-understudy-wrong')).toBe(401);
    expect(await status(admin)).toBe(200);
  });
});
