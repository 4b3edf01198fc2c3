import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Evaluation, RunProgress } from '../training/run-progress.js';
import { encodeRecord, type FileEvent } from './event-record.js';
import { EVALUATION_MEASURES, TRAINING_MEASURES, scalarsOf } from './measures.js';

/** How often the numbers of training are written: fine enough for a short run, small enough for a long one. */
const EVERY_MS = 2_000;

/**
 * The event file that one attempt at a run writes for TensorBoard. Each attempt has its own file, because no two processes
 * may write to one; the files of a run lie in one folder and make one curve.
 *
 * A file that cannot be written ends the log and not the run: the same numbers are in the job's events.
 */
export class TensorBoardLog {
  private readonly folder: string;
  private path: string | undefined;
  private writes: Promise<void> = Promise.resolve();
  private failed = false;
  private newest: RunProgress | null = null;
  private newestWritten = true;
  private writtenAtMs = 0;
  /** Earlier attempts may have written this step and later ones: they count no more. */
  private firstStep: number | undefined;

  /** @param onError called once, when a file cannot be written. */
  constructor(
    rootFolder: string,
    private readonly run: { readonly id: string; readonly attempt: number },
    private readonly onError: (error: unknown) => void,
  ) {
    this.folder = join(rootFolder, run.id);
  }

  /** Training goes on after this step, from a state that an earlier attempt saved. */
  resumed(step: number): void {
    this.firstStep = step + 1;
  }

  progress(progress: RunProgress): void {
    this.newest = progress;
    this.newestWritten = false;
    if (Date.now() - this.writtenAtMs >= EVERY_MS) this.writeNewest();
  }

  evaluation(evaluation: Evaluation): void {
    this.writeNewest();
    const { step, sample } = evaluation;
    this.write({ kind: 'scalars', step, values: scalarsOf(EVALUATION_MEASURES, evaluation) });
    if (sample !== '') this.write({ kind: 'text', step, tag: 'sample', text: sample });
  }

  /** Writes what is held back; resolves when everything is written or has failed. */
  async drain(): Promise<void> {
    this.writeNewest();
    await this.writes;
  }

  private writeNewest(): void {
    if (this.newest === null || this.newestWritten) return;
    this.newestWritten = true;
    this.writtenAtMs = Date.now();
    this.write({ kind: 'scalars', step: this.newest.step, values: scalarsOf(TRAINING_MEASURES, this.newest) });
  }

  private write(event: Exclude<FileEvent, { kind: 'version' }>): void {
    if (this.failed) return;
    const wallTimeSeconds = Date.now() / 1000;
    const records: Buffer[] = [];
    if (this.path === undefined) {
      this.path = join(this.folder, this.fileName(wallTimeSeconds));
      const restart: FileEvent = { kind: 'restart', step: this.firstStep ?? event.step };
      records.push(encodeRecord({ kind: 'version' }, wallTimeSeconds), encodeRecord(restart, wallTimeSeconds));
    }
    records.push(encodeRecord(event, wallTimeSeconds));
    this.append(this.path, Buffer.concat(records));
  }

  /** TensorBoard reads the files of a folder in the order of their names. */
  private fileName(wallTimeSeconds: number): string {
    const second = String(Math.floor(wallTimeSeconds)).padStart(10, '0');
    return `events.out.tfevents.${second}.${String(this.run.attempt).padStart(6, '0')}.${hostname()}`;
  }

  private append(path: string, bytes: Buffer): void {
    this.writes = this.writes.then(async () => {
      // Half a record may stand at the end of the file: what came after it could not be read.
      if (this.failed) return;
      try {
        await mkdir(this.folder, { recursive: true });
        await appendFile(path, bytes);
      } catch (error) {
        this.failed = true;
        this.onError(error);
      }
    });
  }
}
