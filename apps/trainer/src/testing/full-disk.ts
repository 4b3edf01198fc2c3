import fs, { type PathLike } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Lets this process meet a full disk: files of these paths can be made, and writing into them fails as the system reports
 * it. A disk that is really full would be full for everybody else, too. Returns what empties the disk again.
 */
export function fillDisk(isFull: (path: string) => boolean): () => void {
  const { open, writeFile } = files;
  const { createWriteStream } = fs;
  const full = (path: unknown): boolean => (typeof path === 'string' || path instanceof URL) && isFull(String(path));

  const failing = (): Promise<never> => Promise.reject(noSpace());

  files.open = async (...args) => {
    const file = await open(...args);
    if (full(args[0])) Object.assign(file, { write: failing, writeFile: failing });
    return file;
  };
  files.writeFile = (...args) => (full(args[0]) ? failing() : writeFile(...args));
  fs.createWriteStream = (path: PathLike, ...rest) => {
    const stream = createWriteStream(path, ...rest);
    const fail = (...args: unknown[]): void => {
      (args.at(-1) as (error: Error) => void)(noSpace());
    };
    return full(path) ? Object.assign(stream, { _write: fail, _writev: fail }) : stream;
  };
  syncBuiltinESMExports();

  return () => {
    Object.assign(files, { open, writeFile });
    Object.assign(fs, { createWriteStream });
    syncBuiltinESMExports();
  };
}

function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
}
