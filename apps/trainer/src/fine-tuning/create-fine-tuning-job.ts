import { randomInt } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { CodedError } from '#errors';
import { TrainingQueue, trainingJobId } from '#jobs';
import { PRESETS } from '#language-model';
import { Registry, type TrainingRun } from '#registry';
import { briefError } from '../training/brief-error.js';
import { MAX_SEED, type CreateJobBody } from './create-job.dto.js';
import { requestedHyperparameters } from './requested-hyperparameters.js';

/** Checks what a job asks for, writes its row, and puts it on the queue. */
@Injectable()
export class CreateFineTuningJob {
  private readonly logger = new Logger(CreateFineTuningJob.name);

  constructor(
    private readonly registry: Registry,
    private readonly queue: TrainingQueue,
  ) {}

  /** @throws model_not_found, unknown_parameter, invalid_value, file_not_found */
  async create(body: CreateJobBody): Promise<TrainingRun> {
    const presets = Object.keys(PRESETS);
    if (!presets.includes(body.model)) {
      throw new CodedError(
        'invalid_value',
        `model must be one of the presets ${presets.join(', ')}; got ${JSON.stringify(body.model).slice(0, 80)}.`,
        { param: 'model' },
      );
    }
    const run = await this.registry.createTrainingRun({
      corpusId: body.training_file,
      preset: body.model,
      suffix: body.suffix ?? null,
      seed: body.seed ?? randomInt(MAX_SEED + 1),
      hyperparameters: requestedHyperparameters(body),
      metadata: body.metadata ?? {},
    });
    try {
      await this.queue.enqueue('train-model', { trainingRunId: run.id }, trainingJobId(run.id, run.attempt + 1));
    } catch (error) {
      // The row is what counts: the sweeper enqueues it as soon as the queue is back.
      this.logger.warn({
        trainingRunId: run.id,
        ...briefError(error),
        msg: 'could not enqueue the run; the sweeper will',
      });
    }
    return run;
  }
}
