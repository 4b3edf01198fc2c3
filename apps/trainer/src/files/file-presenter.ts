import type { Corpus, Page } from '#registry';
import type { Plain } from '../plain.js';
import { unixSeconds } from '../unix-seconds.js';
import type { FileList, FileObject } from './file.dto.js';

/** A corpus in OpenAI's shape. */
export function presentFile(corpus: Corpus): Plain<FileObject> {
  return {
    id: corpus.id,
    object: 'file',
    bytes: corpus.sizeBytes,
    created_at: unixSeconds(corpus.createdAt),
    filename: corpus.filename,
    purpose: corpus.purpose,
    status: corpus.status,
    status_details: corpus.errorMessage,
  };
}

/** A page of corpora in OpenAI's shape. */
export function presentFileList(page: Page<Corpus>): Plain<FileList> {
  const data = page.items.map(presentFile);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  };
}
