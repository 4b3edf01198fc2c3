import type { Page, RunEvent, TrainingRun } from '#registry';
import {
  fractionDone,
  fromStored,
  type BestEvaluation,
  type Evaluation,
  type RunProgress,
} from '../training/run-progress.js';
import type { Plain } from '../plain.js';
import { unixSeconds } from '../unix-seconds.js';
import type {
  FineTuningJob,
  FineTuningJobEvent,
  FineTuningJobEventList,
  FineTuningJobList,
  JobBestEvaluation,
  JobEvaluation,
  JobProgress,
  JobScores,
} from './job.dto.js';
import { presentPage } from './present-page.js';

/** Every job belongs to the one organization that runs this service. */
const ORGANIZATION_ID = 'understudy';

/** A training run in OpenAI's shape. */
export function presentJob(run: TrainingRun): Plain<FineTuningJob> {
  const progress = fromStored(run.progress);
  const running = run.state === 'running';
  return {
    id: run.id,
    object: 'fine_tuning.job',
    model: run.baseModelId ?? run.preset,
    status: run.state,
    desired_status: run.desiredState,
    created_at: unixSeconds(run.createdAt),
    started_at: run.startedAt === null ? null : unixSeconds(run.startedAt),
    run_seconds: run.runMs / 1000,
    attempts: run.attempt,
    finished_at: run.finishedAt === null ? null : unixSeconds(run.finishedAt),
    estimated_finish:
      running && progress !== null && progress.totalSteps > 0
        ? Math.ceil(progress.atMs / 1000 + progress.secondsLeft)
        : null,
    fine_tuned_model: run.modelVersionId,
    training_file: run.corpusId,
    validation_file: run.validationCorpusId,
    result_files: run.resultFileId === null ? [] : [run.resultFileId],
    trained_tokens: run.state === 'queued' ? null : run.trainedTokens,
    seed: run.seed,
    user_provided_suffix: run.suffix,
    hyperparameters: run.hyperparameters,
    method: { type: 'supervised', supervised: { hyperparameters: run.hyperparameters } },
    metadata: run.metadata,
    integrations: [],
    organization_id: ORGANIZATION_ID,
    error: run.error === null ? null : { code: run.error.code, message: run.error.message, param: run.error.param },
    progress: progress === null ? null : presentProgress(progress),
  };
}

/** A page of runs in OpenAI's shape. */
export function presentJobList(page: Page<TrainingRun>): Plain<FineTuningJobList> {
  return presentPage(page.items.map(presentJob), page.hasMore);
}

/** An event of a run in OpenAI's shape. */
export function presentEvent(event: RunEvent): Plain<FineTuningJobEvent> {
  return {
    id: event.id,
    object: 'fine_tuning.job.event',
    created_at: unixSeconds(event.createdAt),
    level: event.level,
    type: event.type,
    message: event.message,
    data: event.data,
  };
}

/** A page of events in OpenAI's shape. */
export function presentEventList(page: Page<RunEvent>): Plain<FineTuningJobEventList> {
  return presentPage(page.items.map(presentEvent), page.hasMore);
}

function presentProgress(progress: RunProgress): Plain<JobProgress> {
  return {
    engine: progress.engine,
    device: progress.device,
    phase: progress.phase,
    fraction: fractionDone(progress),
    step: progress.step,
    total_steps: progress.totalSteps,
    epoch: progress.epoch,
    epochs: progress.epochs,
    tokens_per_second: progress.tokensPerSecond,
    seconds_left: progress.secondsLeft,
    loss: progress.lossNats,
    perplexity: Math.exp(progress.lossNats),
    learning_rate: progress.learningRate,
    gradient_norm: progress.gradientNorm,
    update_ratio: progress.updateRatio,
    step_ms: progress.stepMs,
    evaluation: progress.evaluation === null ? null : presentEvaluation(progress.evaluation),
    best: progress.best === null ? null : presentBest(progress.best),
  };
}

function presentEvaluation({ train, sample, ...measured }: Evaluation): Plain<JobEvaluation> {
  return { ...presentBest(measured), train: presentScores(train), sample };
}

function presentBest({ step, epoch, validation, gapPoints }: BestEvaluation): Plain<JobBestEvaluation> {
  return { step, epoch, validation: presentScores(validation), gap_points: gapPoints };
}

function presentScores({ lossNats: loss, perplexity, top1, top5 }: Evaluation['train']): Plain<JobScores> {
  return { loss, perplexity, top1, top5 };
}
