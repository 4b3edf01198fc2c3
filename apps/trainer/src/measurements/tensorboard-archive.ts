import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import tar, { type Pack } from 'tar-stream';
import { encodeRecord } from './event-record.js';
import { EVALUATION_MEASURES, TRAINING_MEASURES } from './measures.js';
import type { CurvePoint } from './run-curve.js';

/**
 * The event files of a run as `.tar.gz`, in a folder that TensorBoard can be pointed at. A file that is being written is read up to where
 * it is now. Where the files are not on this machine, one is made of the curve: the same tags, a point every ten seconds.
 *
 * The reader owns the stream; what cannot be read ends it with the error.
 */
export function packEventFiles(folder: string, trainingRunId: string, curve: readonly CurvePoint[]): Readable {
  const archive = tar.pack();
  const zipped = createGzip();
  // A failure ends `zipped`, too, where the reader sees it.
  void pipeline(archive, zipped).catch(() => undefined);
  void addFiles(archive, folder, trainingRunId, curve).then(
    () => {
      archive.finalize();
    },
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return zipped;
}

async function addFiles(archive: Pack, folder: string, id: string, curve: readonly CurvePoint[]): Promise<void> {
  const names = await eventFilesOf(folder);
  for (const name of names) await addFile(archive, join(folder, name), `${id}/${name}`);
  if (names.length > 0) return;
  await add(archive, `${id}/events.out.tfevents.0000000000.000001.curve`, eventsOf(curve));
}

async function eventFilesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.startsWith('events.out.tfevents.')).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function addFile(archive: Pack, path: string, name: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size, mtime } = await file.stat();
    if (size === 0) return;
    // As long as the head of the entry says, although the run may be writing on.
    const bytes = file.createReadStream({ end: size - 1, autoClose: false });
    await pipeline(bytes, archive.entry({ name, size, mtime }));
  } finally {
    await file.close();
  }
}

async function add(archive: Pack, name: string, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    archive.entry({ name }, bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function eventsOf(curve: readonly CurvePoint[]): Buffer {
  const records = curve.flatMap(({ step, at, training, evaluation }) =>
    [
      ...scalars(step, TRAINING_MEASURES, training),
      ...scalars(step, EVALUATION_MEASURES, evaluation),
      ...sample(step, evaluation),
    ].map((event) => encodeRecord(event, at.getTime() / 1000)),
  );
  return Buffer.concat([encodeRecord({ kind: 'version' }, (curve[0]?.at.getTime() ?? 0) / 1000), ...records]);
}

type Entry = Parameters<typeof encodeRecord>[0];
type Numbers = Readonly<Record<string, unknown>> | null;

function scalars(step: number, measures: Readonly<Record<string, { readonly tag: string }>>, told: Numbers): Entry[] {
  if (told === null) return [];
  const values = Object.entries(measures).flatMap(([name, { tag }]) =>
    typeof told[name] === 'number' ? [[tag, told[name]] as const] : [],
  );
  return [{ kind: 'scalars', step, values: Object.fromEntries(values) }];
}

function sample(step: number, told: Numbers): Entry[] {
  const text = told?.['sample'];
  return typeof text === 'string' && text !== '' ? [{ kind: 'text', step, tag: 'sample', text }] : [];
}
