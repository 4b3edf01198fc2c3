import { extname } from 'node:path';
import { CodedError } from '#errors';

/** How the bytes of an uploaded corpus are read: one document of plain text, or one document per line. */
export type CorpusFormat = 'text' | 'jsonl';

const FORMAT_OF_EXTENSION: Readonly<Record<string, CorpusFormat>> = {
  '.txt': 'text',
  '.md': 'text',
  '.jsonl': 'jsonl',
};

/** @throws invalid_value where the extension is not one of .txt, .md and .jsonl. */
export function corpusFormat(filename: string): CorpusFormat {
  const extension = extname(filename).toLowerCase();
  const format = FORMAT_OF_EXTENSION[extension];
  if (format === undefined) {
    throw new CodedError(
      'invalid_value',
      `The file must be one of ${Object.keys(FORMAT_OF_EXTENSION).join(', ')}; got ${JSON.stringify(filename)}. Convert it to plain text in UTF-8 first.`,
      { param: 'file' },
    );
  }
  return format;
}
