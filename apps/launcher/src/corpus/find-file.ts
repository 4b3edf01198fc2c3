import type { ApiClient } from '../api-client.js';
import type { MeasuredCorpus } from './corpus-source.js';

/** The uploaded file with the same texts, if there is one. */
export async function findFile(
  trainer: ApiClient,
  corpus: MeasuredCorpus,
  signal: AbortSignal,
): Promise<string | null> {
  const files = await trainer.json<{ data: readonly { id: string; filename: string }[] }>({
    path: '/v1/files',
    signal,
  });
  return files.data.find((file) => file.filename === corpus.filename)?.id ?? null;
}
