import { Injectable } from '@nestjs/common';
import { CodedError, isCodedError } from '#errors';
import { PRESETS, resolveHyperparameters, type Hyperparameters } from '#language-model';
import type { CorpusInspection } from '#language-model/corpus';
import { planTraining } from '#language-model/upgrade';
import { Registry, type TrainingRun } from '#registry';
import { findBaseModel } from '../fine-tuning/base-model.js';
import { requestedHyperparameters } from '../fine-tuning/requested-hyperparameters.js';
import type { Plain } from '../plain.js';
import { fromStored } from '../training/run-progress.js';
import { adviceOn } from './advice-on-plan.js';
import type { PlanBody, PlanSize, TrainingPlanObject } from './plan.dto.js';

type MeasuredRun = Exclude<Parameters<typeof planTraining>[2], null> & { readonly id: string };

/** How many jobs are looked through for one whose speed is known. */
const NEWEST_RUNS = 100;

/** The largest vocabulary that the inspection of a file takes, which uses the defaults. */
const INSPECTED_VOCABULARY = resolveHyperparameters('small').maxVocabSize;

const PRESET_NAMES = Object.keys(PRESETS);

/** Says what a job would be: how large, how long, and what to think of before. */
@Injectable()
export class PlanJob {
  constructor(private readonly registry: Registry) {}

  /** @throws file_not_found, model_not_found, unknown_parameter, invalid_value */
  async plan({ model, training_file, hyperparameters = {} }: PlanBody): Promise<Plain<TrainingPlanObject>> {
    const base = await findBaseModel(this.registry, model);
    const requested = requestedHyperparameters({ model, hyperparameters }, base);
    const { corpus, report } = await this.reportOf(training_file);
    const runs = (await this.registry.listTrainingRuns({ limit: NEWEST_RUNS })).items;
    const smaller = runs.find(
      (run) => run.corpusId === training_file && run.state === 'succeeded' && isSmaller(run.preset, base.preset),
    );
    const size =
      report === null
        ? null
        : await this.sizeOf(
            resolveHyperparameters(base.preset, requested),
            report as unknown as CorpusInspection,
            runs,
          );
    return {
      object: 'fine_tuning.plan',
      preset: base.preset,
      size,
      advice: adviceOn({ preset: base.preset, corpus, size, hasSmaller: smaller !== undefined }),
      smaller_job: smaller?.id ?? null,
    };
  }

  private async reportOf(id: string): ReturnType<Registry['getCorpusReport']> {
    try {
      return await this.registry.getCorpusReport(id);
    } catch (error) {
      if (!isCodedError(error, 'file_not_found')) throw error;
      throw new CodedError(error.code, error.message, { param: 'training_file', cause: error });
    }
  }

  private async sizeOf(
    hyperparameters: Hyperparameters,
    { corpus }: CorpusInspection,
    runs: readonly TrainingRun[],
  ): Promise<Plain<PlanSize>> {
    const vocabularySize = Math.min(hyperparameters.maxVocabSize, wordsOf(corpus));
    const measured = await this.newestSpeed(runs);
    const plan = planTraining(hyperparameters, { vocabularySize, trainingTokens: corpus.train.tokens }, measured);
    return {
      parameters: plan.parameters,
      vocabulary_size: vocabularySize,
      training_tokens: corpus.train.tokens,
      tokens_per_parameter: plan.ratio,
      tokens_missing: plan.tokensMissing,
      steps: plan.steps,
      trained_tokens: plan.trainedTokens,
      seconds: plan.seconds,
      measured_on: measured?.id ?? null,
    };
  }

  private async newestSpeed(runs: readonly TrainingRun[]): Promise<MeasuredRun | null> {
    for (const { id, preset, hyperparameters: asked, corpusId, progress } of runs) {
      const tokensPerSecond = fromStored(progress)?.tokensPerSecond ?? 0;
      if (tokensPerSecond <= 0) continue;
      const hyperparameters = resolveHyperparameters(preset, asked);
      const words = await this.wordsIn(corpusId);
      if (words === null) continue;
      const vocabularySize = Math.min(hyperparameters.maxVocabSize, words);
      return { id, hyperparameters, vocabularySize, tokensPerSecond };
    }
    return null;
  }

  /** null when the file was deleted, or not looked at. */
  private async wordsIn(corpusId: string): Promise<number | null> {
    try {
      const { report } = await this.registry.getCorpusReport(corpusId);
      return report === null ? null : wordsOf((report as unknown as CorpusInspection).corpus);
    } catch (error) {
      if (isCodedError(error, 'file_not_found')) return null;
      throw error;
    }
  }
}

/** Largest vocabulary that a text gives: that of the report, unless the report stopped at its limit. */
function wordsOf({ vocabularySize, distinctTokens }: CorpusInspection['corpus']): number {
  return vocabularySize < INSPECTED_VOCABULARY ? vocabularySize : distinctTokens;
}

function isSmaller(preset: string, than: string): boolean {
  return PRESET_NAMES.indexOf(preset) < PRESET_NAMES.indexOf(than);
}
