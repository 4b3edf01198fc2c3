import { createHash } from 'node:crypto';
import { artifactCorrupt } from './artifact-errors.js';

/** Passes the bytes of an artifact on. @throws artifact_corrupt after the last one, when they do not have their hash */
export async function* verifiedChunks(sha256: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw artifactCorrupt(sha256, found);
}
