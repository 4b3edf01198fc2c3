import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CodedError, isCodedError } from '#errors';
import { Registry, type TrainingRun } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';
import type { AttemptEnd } from './run-attempt.js';

const RUN_FOLDER = /^ftjob-[A-Za-z0-9]+$/;
const ATTEMPT_FOLDER = /^attempt-(?<attempt>\d+)$/;
const STATE = 'state';

/** The folders of one attempt at a run. */
export interface AttemptFolders {
  /** Belongs to the attempt alone. */
  readonly workFolder: string;
  /** In the work folder: the training state, which the attempt before has handed on, or which is not there yet. */
  readonly stateFolder: string;
}

/**
 * Where runs work: `RUNS_DIR/<run>/attempt-<n>`, with the training state in `state`.
 *
 * A new attempt moves the state into its own folder. So a process of an earlier attempt that is not dead after all (frozen,
 * say) writes to where nobody reads any more.
 */
@Injectable()
export class WorkFolders implements OnModuleInit {
  private readonly logger = new Logger(WorkFolders.name);
  private readonly root: string;

  constructor(
    private readonly registry: Registry,
    @Inject(TRAINER_OPTIONS) options: TrainerOptions,
  ) {
    this.root = options.config.runsDir;
  }

  /** @throws folder_unwritable when no run could ever work here: better said now than by the first run. */
  async onModuleInit(): Promise<void> {
    try {
      await mkdir(this.root, { recursive: true });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CodedError(
        'folder_unwritable',
        `The folder for training runs cannot be made: ${reason}. Set RUNS_DIR or DATA_DIR to one that can be written to.`,
        {
          param: 'RUNS_DIR',
          cause,
        },
      );
    }
  }

  /** Makes the folder of this attempt, with the newest training state of the earlier ones, and removes those. */
  async create(run: TrainingRun): Promise<AttemptFolders> {
    const workFolder = this.attemptFolder(run);
    const stateFolder = join(workFolder, STATE);
    const earlier = (await this.attemptsOf(run.id)).filter((folder) => folder !== workFolder);
    await mkdir(workFolder, { recursive: true });
    let found = false;
    for (const folder of earlier) {
      found ||= await moved(join(folder, STATE), stateFolder);
      await rm(folder, { recursive: true, force: true });
    }
    return { workFolder, stateFolder };
  }

  /** Removes what nobody needs after the attempt: all but the state of a run that goes on, everything of one that has ended. */
  async leave(run: TrainingRun, end: AttemptEnd): Promise<void> {
    const ended = end === 'succeeded' || end === 'failed' || end === 'cancelled';
    const folder = this.attemptFolder(run);
    try {
      if (ended) await this.removeRun(run.id);
      else {
        for (const name of await readdir(folder)) {
          if (name !== STATE) await rm(join(folder, name), { recursive: true, force: true });
        }
        await removeIfEmpty(folder);
        await removeIfEmpty(join(this.root, run.id));
      }
    } catch (error) {
      // Another worker that has the run now may have removed it.
      if (!isMissing(error))
        this.logger.warn({ trainingRunId: run.id, ...briefError(error), msg: 'left files behind' });
    }
  }

  /** Removes the folders of runs that have ended, whoever ended them. */
  async removeEnded(): Promise<void> {
    for (const name of await readdir(this.root)) {
      if (RUN_FOLDER.test(name) && (await this.hasEnded(name))) await this.removeRun(name);
    }
  }

  /** Only what is of this class: somebody else may keep something in the run's folder too. */
  private async removeRun(id: string): Promise<void> {
    for (const folder of await this.attemptsOf(id)) await rm(folder, { recursive: true, force: true });
    await removeIfEmpty(join(this.root, id));
  }

  /** Newest first. */
  private async attemptsOf(id: string): Promise<string[]> {
    const folder = join(this.root, id);
    const names = await readdir(folder).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const numbers = names.map((name) => Number(ATTEMPT_FOLDER.exec(name)?.groups?.['attempt'] ?? 0));
    return numbers
      .filter((number) => number > 0)
      .sort((a, b) => b - a)
      .map((number) => join(folder, `attempt-${number}`));
  }

  private attemptFolder(run: TrainingRun): string {
    return join(this.root, run.id, `attempt-${run.attempt}`);
  }

  private async hasEnded(id: string): Promise<boolean> {
    try {
      return (await this.registry.getTrainingRun(id)).finishedAt !== null;
    } catch (error) {
      if (isCodedError(error, 'job_not_found')) return true;
      throw error;
    }
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!isMissing(error) && !hasCode(error, 'ENOTEMPTY')) throw error;
  });
}

/** Whether there was something to move. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
