import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { CodedError, isCodedError } from '#errors';
import { Registry, type TrainingRun } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from './brief-error.js';

const FOLDER = /^(?<id>ftjob-[A-Za-z0-9]+)-(?<attempt>\d+)$/;

/** Where runs work: each attempt at a run has a folder of its own, which goes away with it. */
@Injectable()
export class WorkFolders implements OnModuleInit, OnApplicationBootstrap {
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

  /** Removes what attempts have left behind whose process was killed. */
  async onApplicationBootstrap(): Promise<void> {
    try {
      for (const name of await readdir(this.root)) {
        const { id, attempt } = FOLDER.exec(name)?.groups ?? {};
        if (id !== undefined && !(await this.isRunning(id, Number(attempt)))) await this.removeNamed(name);
      }
    } catch (error) {
      this.logger.warn({ ...briefError(error), msg: 'could not remove the folders of earlier attempts' });
    }
  }

  /** Makes the empty folder of this attempt, and removes those of earlier ones. */
  async create(run: TrainingRun): Promise<string> {
    for (const name of await readdir(this.root)) {
      if (FOLDER.exec(name)?.groups?.['id'] === run.id) await this.removeNamed(name);
    }
    const folder = join(this.root, nameOf(run));
    await mkdir(folder);
    return folder;
  }

  async remove(run: TrainingRun): Promise<void> {
    await this.removeNamed(nameOf(run));
  }

  private async removeNamed(name: string): Promise<void> {
    await rm(join(this.root, name), { recursive: true, force: true });
  }

  private async isRunning(id: string, attempt: number): Promise<boolean> {
    try {
      const run = await this.registry.getTrainingRun(id);
      return run.state === 'running' && run.attempt === attempt;
    } catch (error) {
      if (isCodedError(error, 'job_not_found')) return false;
      throw error;
    }
  }
}

function nameOf(run: TrainingRun): string {
  return `${run.id}-${run.attempt}`;
}
