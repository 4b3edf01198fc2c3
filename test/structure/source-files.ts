import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The repository's root: the specs run from it. */
export const root = process.cwd();

/** Paths of our own TypeScript sources, relative to the root; neither generated code nor fixtures. */
export function listSourceFiles(): string[] {
  return ['apps', 'libs', 'bench', 'test']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap(listFiles)
    .filter((path) => /\.tsx?$/.test(path));
}

/** Names of the folders directly inside of one. */
export function listFolders(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(generated|fixtures|node_modules)\//.test(path));
}
