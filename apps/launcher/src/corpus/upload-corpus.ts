import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../api-client.js';
import { toLine, type MeasuredCorpus } from './corpus-source.js';

/** Uploads a corpus as .jsonl, a document per line, without ever holding it in memory; returns the id of the file. */
export async function uploadCorpus(trainer: ApiClient, corpus: MeasuredCorpus, signal: AbortSignal): Promise<string> {
  const boundary = `understudy-${randomUUID()}`;
  const { id } = await trainer.stream<{ id: string }>(
    '/v1/files',
    `multipart/form-data; boundary=${boundary}`,
    writeForm(boundary, corpus),
    signal,
  );
  return id;
}

async function* writeForm(boundary: string, { source, filename }: MeasuredCorpus): AsyncGenerator<Uint8Array> {
  const part = (disposition: string, type = ''): Buffer =>
    Buffer.from(`\r\n--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n`);
  yield part('name="purpose"');
  yield Buffer.from('fine-tune');
  yield part(`name="file"; filename="${filename}"`, 'Content-Type: application/x-ndjson\r\n');
  for await (const document of source.documents()) yield Buffer.from(toLine(document));
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
