import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CodedError } from '#errors';
import { Registry, type TrainingRun } from '#registry';
import { findBaseModel } from './base-model.js';
import { MAX_SEED, type CreateJobBody } from './create-job.dto.js';
import { EnqueueRun } from './enqueue-run.js';
import { requestedHyperparameters } from './requested-hyperparameters.js';

/** Checks what a job asks for, writes its row, and puts it on the queue. */
@Injectable()
export class CreateFineTuningJob {
  constructor(
    private readonly registry: Registry,
    private readonly enqueueRun: EnqueueRun,
  ) {}

  /**
   * @param traceParent of the request, so that the run is part of its trace
   * @throws model_not_found, unknown_parameter, invalid_value, file_not_found
   */
  async create(body: CreateJobBody, traceParent: string | null = null): Promise<TrainingRun> {
    const base = await findBaseModel(this.registry, body.model);
    if (body.validation_file === body.training_file) {
      throw new CodedError(
        'invalid_value',
        'validation_file is the training_file: a model cannot be validated on what it learns. Leave it out to hold documents of the training file out.',
        { param: 'validation_file' },
      );
    }
    const run = await this.registry.createTrainingRun({
      corpusId: body.training_file,
      validationCorpusId: body.validation_file ?? null,
      preset: base.preset,
      baseVersionId: base.versionId,
      baseCheckpointId: base.checkpointId,
      suffix: body.suffix ?? null,
      seed: body.seed ?? randomInt(MAX_SEED + 1),
      hyperparameters: requestedHyperparameters(body, base),
      metadata: body.metadata ?? {},
      traceParent,
    });
    await this.enqueueRun.enqueue(run);
    return run;
  }
}
