import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { CodedError } from '#errors';

/** A file that may hold text. */
export interface DocumentFile {
  /** Path below the folder that was given, with slashes; the file name where a file was given. */
  name: string;
  path: string;
  sizeBytes: number;
  isMarkdown: boolean;
}

const TEXT_EXTENSIONS = new Set(['.txt', '.text']);
const MARKDOWN_EXTENSIONS = new Set(['.md', '.markdown']);
const LISTED = 5; // names of other files an error mentions

/**
 * The text files (.txt, .md) of folders and the files given by path, whatever their extension; sorted by name within each folder.
 * Hidden entries are skipped; a file or folder reached twice through links counts once.
 * @throws corpus_unreadable when a path does not exist or a folder may not be read, corpus_empty when nothing is a text file
 */
export async function findDocuments(paths: readonly string[]): Promise<DocumentFile[]> {
  const search: Search = { documents: [], others: [], visited: new Set() };
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found === null)
      throw new CodedError(
        'corpus_unreadable',
        `There is no file or folder ${path}. Give the path of a .txt or .md file, or of a folder of them.`,
      );
    if (found.isDirectory()) await searchFolder(search, path, paths.length > 1 ? `${basename(path)}/` : '');
    else addFile(search, basename(path), path, found.size, await realpath(path));
  }
  if (search.documents.length === 0) throw empty(paths, search.others);
  return search.documents;
}

interface Search {
  documents: DocumentFile[];
  others: string[];
  visited: Set<string>;
}

async function searchFolder(search: Search, folder: string, prefix: string): Promise<void> {
  const real = await realpath(folder);
  if (search.visited.has(real)) return;
  search.visited.add(real);
  const names = await readdir(folder).catch((error: unknown) => {
    throw new CodedError(
      'corpus_unreadable',
      `The folder ${folder} may not be read. Make it and its folders readable.`,
      { cause: error },
    );
  });
  for (const name of names.filter((entry) => !entry.startsWith('.')).sort()) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null); // null: a link to nothing
    if (found === null) continue;
    if (found.isDirectory()) await searchFolder(search, path, `${prefix}${name}/`);
    else if (found.isFile() && isText(name)) addFile(search, prefix + name, path, found.size, await realpath(path));
    else search.others.push(prefix + name);
  }
}

function addFile(search: Search, name: string, path: string, sizeBytes: number, real: string): void {
  if (search.visited.has(real)) return;
  search.visited.add(real);
  search.documents.push({ name, path, sizeBytes, isMarkdown: MARKDOWN_EXTENSIONS.has(extname(name).toLowerCase()) });
}

function isText(name: string): boolean {
  const extension = extname(name).toLowerCase();
  return TEXT_EXTENSIONS.has(extension) || MARKDOWN_EXTENSIONS.has(extension);
}

function empty(paths: readonly string[], others: readonly string[]): CodedError {
  const where = paths.length === 0 ? 'No path was given' : `No .txt or .md file is in ${paths.join(', ')}`;
  const more = others.length > LISTED ? ` and ${others.length - LISTED} more` : '';
  const found =
    others.length === 0 ? 'nothing else is there either' : `found only ${others.slice(0, LISTED).join(', ')}${more}`;
  return new CodedError('corpus_empty', `${where}: ${found}. Put plain text or Markdown there, with these extensions.`);
}
