import { CodedError } from '#errors';

/** How the bytes of an uploaded corpus are read: one document of plain text, one document per line, or an archive of such files. */
export type CorpusFormat = 'text' | 'jsonl' | 'zip' | 'tar.gz';

const FORMAT_OF_ENDING: Readonly<Record<string, CorpusFormat>> = {
  '.txt': 'text',
  '.md': 'text',
  '.jsonl': 'jsonl',
  '.zip': 'zip',
  '.tar.gz': 'tar.gz',
  '.tgz': 'tar.gz',
};

/** The format that the ending of a name stands for; null where it stands for none. */
export function formatOfName(filename: string): CorpusFormat | null {
  const name = filename.toLowerCase();
  return Object.entries(FORMAT_OF_ENDING).find(([ending]) => name.endsWith(ending))?.[1] ?? null;
}

/** @throws invalid_value where the ending is not one of .txt, .md, .jsonl, .zip, .tar.gz and .tgz. */
export function corpusFormat(filename: string): CorpusFormat {
  const format = formatOfName(filename);
  if (format === null) {
    throw new CodedError(
      'invalid_value',
      `The file must be one of ${Object.keys(FORMAT_OF_ENDING).join(', ')}; got ${JSON.stringify(filename)}. Convert it to plain text in UTF-8 first.`,
      { param: 'file' },
    );
  }
  return format;
}
