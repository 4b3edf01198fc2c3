import { createHash } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';
import { isDiskFull } from '../disk-full.js';
import { layOutSafetensors, readSafetensors, type NamedTensor } from '../bundle/safetensors.js';

/** What is kept beside the tensors; anything that JSON keeps exactly. */
export interface TrainingStateRecord {
  /** What the state belongs to: the same text, settings and seed. */
  readonly identity: string;
  /** Steps made. */
  readonly step: number;
}

interface StoredRecord<T> {
  readonly format: 'understudy-training-state';
  readonly version: 1;
  readonly tensorsSha256: string;
  readonly record: T;
}

/** A state as it was found. */
export interface LoadedTrainingState<T> {
  readonly record: T;
  /** Fills arrays with what was saved under their names. @throws bundle_corrupt */
  readInto(tensors: ReadonlyMap<string, Float32Array>): void;
}

const FOLDER = /^state-(?<step>\d+)\.(?<save>\d+)$/;

/**
 * Where a run keeps what it goes on from after a stop: a JSON record and a safetensors file in a folder of its own per save.
 * A save is written beside the last one and renamed when it is whole on the disk, so that there is always one to go on from.
 */
export class TrainingStateStore<T extends TrainingStateRecord> {
  constructor(private readonly folder: string) {}

  /** Replaces what was saved before. @throws disk_full; the last save is still there then */
  async save(record: T, tensors: ReadonlyMap<string, Float32Array>): Promise<void> {
    const before = await this.list();
    // A state of the same step is replaced, too, without a moment in which there is none.
    const save = Math.max(0, ...before.map((state) => state.save)) + 1;
    const target = join(this.folder, `state-${record.step}.${save}`);
    const partial = `${target}.partial`;
    try {
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      const tensorsSha256 = await writePieces(
        join(partial, 'state.safetensors'),
        layOutSafetensors(asTensors(tensors)).pieces,
      );
      const stored: StoredRecord<T> = { format: 'understudy-training-state', version: 1, tensorsSha256, record };
      await writePieces(join(partial, 'state.json'), [Buffer.from(JSON.stringify(stored))]);
      await rename(partial, target);
    } catch (cause) {
      await rm(partial, { recursive: true, force: true }).catch(() => undefined);
      if (!isDiskFull(cause)) throw cause;
      throw new CodedError('disk_full', `No room for the training state in ${this.folder}. Free some space.`, {
        cause,
      });
    }
    for (const { name } of before) await rm(join(this.folder, name), { recursive: true, force: true });
  }

  /** The newest whole state with this identity; null when there is none. */
  async load(identity: string): Promise<LoadedTrainingState<T> | null> {
    for (const { name } of await this.list()) {
      const state = await this.read(join(this.folder, name));
      if (state?.record.identity === identity) return state;
    }
    return null;
  }

  private async read(folder: string): Promise<LoadedTrainingState<T> | null> {
    try {
      const stored = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as StoredRecord<T>;
      const bytes = await readFile(join(folder, 'state.safetensors'));
      if (createHash('sha256').update(bytes).digest('hex') !== stored.tensorsSha256) return null;
      return {
        record: stored.record,
        readInto: (tensors) => {
          readSafetensors(bytes, asTensors(tensors));
        },
      };
    } catch {
      // A state that cannot be read is none: the run goes on from an older one, or from its beginning.
      return null;
    }
  }

  /** Newest first. */
  private async list(): Promise<{ name: string; save: number }[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names
      .flatMap((name) => {
        const save = FOLDER.exec(name)?.groups?.['save'];
        return save === undefined ? [] : [{ name, save: Number(save) }];
      })
      .sort((a, b) => b.save - a.save);
  }
}

function asTensors(tensors: ReadonlyMap<string, Float32Array>): NamedTensor[] {
  return [...tensors].map(([name, data]) => ({ name, shape: [data.length], data }));
}

/** Writes and syncs a file. @returns its sha256 */
async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  try {
    for (const piece of pieces) {
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
