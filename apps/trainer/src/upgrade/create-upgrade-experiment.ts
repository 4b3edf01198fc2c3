import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CodedError, isCodedError } from '#errors';
import { Registry, type TrainingRun, type UpgradeExperiment } from '#registry';
import { MAX_SEED } from '../fine-tuning/create-job.dto.js';
import { TRAINER_OPTIONS, type TrainerOptions } from '../trainer-options.js';
import type { CreateExperimentBody } from './create-experiment.dto.js';
import { ExperimentCoordinator } from './experiment-coordinator.js';
import { resolvePresets, type ExperimentPresets } from './resolve-presets.js';

/** Checks what an experiment asks for, writes its row, and lets it begin. */
@Injectable()
export class CreateUpgradeExperiment {
  constructor(
    private readonly registry: Registry,
    private readonly coordinator: ExperimentCoordinator,
    @Inject(TRAINER_OPTIONS) private readonly options: TrainerOptions,
  ) {}

  /** @throws missing_parameter, unknown_parameter, invalid_value, file_not_found, job_not_found, policy_not_found */
  async create(body: CreateExperimentBody): Promise<UpgradeExperiment> {
    const fromRun = await this.findRun('from_job', body.from_job);
    const toRun = await this.findRun('to_job', body.to_job);
    const reused = fromRun ?? toRun;
    const corpusId = body.training_file ?? reused?.corpusId;
    if (corpusId === undefined) {
      throw new CodedError('missing_parameter', 'training_file is missing: give the id of an uploaded file.', {
        param: 'training_file',
      });
    }
    const presets = choosePresets(body, fromRun, toRun);
    const create = this.registry.upgradeExperiments.create({
      ...presets,
      corpusId,
      policy: body.policy ?? 'measured',
      fromRunId: fromRun?.id ?? null,
      toRunId: toRun?.id ?? null,
      onlyIfAdvised: body.only_if_advised ?? false,
      release: this.wantedRelease(body),
      suffix: body.suffix ?? null,
      seed: body.seed ?? reused?.seed ?? randomInt(MAX_SEED + 1),
      hyperparameters: body.hyperparameters ?? {},
      presetHyperparameters: resolvePresets(body, presets, fromRun, toRun),
      metadata: body.metadata ?? {},
    });
    const experiment = await create.catch((error: unknown) => {
      throw isCodedError(error, 'policy_not_found') ? withParam(error, 'release_policy') : error;
    });
    this.coordinator.look();
    return experiment;
  }

  private wantedRelease({ release, release_policy: policy }: CreateExperimentBody): UpgradeExperiment['release'] {
    if (release === true) return { deployment: this.options.config.deployment, policyName: policy ?? 'default' };
    if (typeof policy !== 'string') return null;
    throw new CodedError('invalid_value', 'release_policy goes with release: true; send both or neither.', {
      param: 'release_policy',
    });
  }

  private async findRun(param: string, id: string | undefined): Promise<TrainingRun | null> {
    if (id === undefined) return null;
    try {
      return await this.registry.getTrainingRun(id);
    } catch (error) {
      throw isCodedError(error, 'job_not_found') ? withParam(error, param) : error;
    }
  }
}

/** The same error about the field of the body that caused it. */
function withParam({ code, message }: CodedError, param: string): CodedError {
  return new CodedError(code, message, { param });
}

function choosePresets(
  body: CreateExperimentBody,
  fromRun: TrainingRun | null,
  toRun: TrainingRun | null,
): ExperimentPresets {
  const fromPreset = body.from ?? fromRun?.preset ?? 'small';
  const toPreset = body.to ?? toRun?.preset ?? 'medium';
  if (fromPreset === toPreset) {
    throw new CodedError('invalid_value', `from and to must be two presets; got ${fromPreset} twice.`, { param: 'to' });
  }
  const others = [fromPreset, toPreset];
  if (body.fallback === undefined) {
    return { fromPreset, toPreset, fallbackPreset: others.includes('intermediate') ? null : 'intermediate' };
  }
  if (body.fallback !== null && others.includes(body.fallback)) {
    throw new CodedError(
      'invalid_value',
      `fallback must be another preset than from and to, or null; got ${body.fallback}.`,
      { param: 'fallback' },
    );
  }
  return { fromPreset, toPreset, fallbackPreset: body.fallback };
}
