import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { artifactSettings } from '#artifacts';
import { ERROR_CATALOGUE } from '#errors';
import { Registry, type Corpus, type JsonObject } from '#registry';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import { briefError } from '../training/brief-error.js';
import { withEmptyFolder } from '../training/empty-folder.js';
import { corpusFormat } from './corpus-format.js';
import { archiveLimits } from './unpack-budget.js';
import type { InspectionAnswer, InspectionOrder } from './inspection-messages.js';

const CHILD_SCRIPT = fileURLToPath(new URL('./inspection-child.js', import.meta.url));

/** How often a file is looked at whose process dies. */
const MOST_DEATHS = 2;

/**
 * Looks at uploaded files, one after the other, each in a process of its own, and writes what it finds. A file that was not finished because the
 * trainer stopped is looked at after its next start; several trainers may look at the same one.
 */
@Injectable()
export class CorpusInspector implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(CorpusInspector.name);
  private readonly deaths = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private isAwake = false;
  private hasMore = false;
  private isStopped = false;
  private child: ChildProcess | undefined;

  constructor(
    private readonly registry: Registry,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.wake();
    }, this.options.config.pollIntervalMs);
    this.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    this.child?.kill('SIGKILL');
    await this.working;
  }

  /** There is a file that nobody has looked at. */
  wake(): void {
    if (this.isStopped) return;
    this.hasMore = true;
    if (this.isAwake) return;
    this.isAwake = true;
    this.working = this.work();
  }

  private async work(): Promise<void> {
    try {
      while (this.hasMore) {
        this.hasMore = false;
        for (const corpus of await this.registry.listUninspectedCorpora(100)) {
          if (this.isStopped) return;
          await this.inspect(corpus);
        }
      }
    } catch (error) {
      this.logger.warn({ ...briefError(error), msg: 'could not look at the uploaded files; trying again' });
    } finally {
      this.isAwake = false;
    }
  }

  private async inspect(corpus: Corpus): Promise<void> {
    const { id, filename, sha256 } = corpus;
    const { config } = this.options;
    const workFolder = join(config.runsDir, `inspection-${id}`);
    const limits = archiveLimits(config);
    const artifacts = artifactSettings(config);
    const order = { artifacts, workFolder, corpus: { filename, sha256, format: corpusFormat(filename), limits } };
    const answer = (await withEmptyFolder(workFolder, () => this.ask(order))) ?? this.died(id);
    if (answer === null || (answer.kind === 'failed' && ERROR_CATALOGUE[answer.code].retried)) return;
    this.deaths.delete(id);
    if (answer.kind === 'inspected') {
      await this.registry.recordInspection(id, { report: answer.inspection as unknown as JsonObject });
      this.logger.log({ file: id, filename, msg: answer.inspection.summary });
    } else {
      await this.registry.recordInspection(id, { errorCode: answer.code, errorMessage: answer.message });
      this.logger.warn({ file: id, filename, code: answer.code, msg: answer.message });
    }
  }

  /** The answer of a process of its own; null when it ended without one. */
  private async ask(order: InspectionOrder): Promise<InspectionAnswer | null> {
    // Nobody would end a process that begins after the end.
    if (this.isStopped) return null;
    const child = fork(CHILD_SCRIPT, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    this.child = child;
    let answer: InspectionAnswer | null = null;
    child.on('message', (message) => {
      answer = message as InspectionAnswer;
    });
    try {
      const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
      child.send(order, () => undefined);
      await ended;
    } catch (error) {
      this.logger.warn({ ...briefError(error), msg: 'could not start a process that looks at a file' });
    } finally {
      this.child = undefined;
    }
    return answer;
  }

  private died(id: string): InspectionAnswer | null {
    if (this.isStopped) return null;
    const deaths = (this.deaths.get(id) ?? 0) + 1;
    this.deaths.set(id, deaths);
    if (deaths < MOST_DEATHS) return null;
    return {
      kind: 'failed',
      code: 'training_process_died',
      message: `The process that looked at the file was killed or crashed ${deaths} times; most often the memory of the machine was full. Upload smaller files.`,
    };
  }
}
