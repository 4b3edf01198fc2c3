import type { JsonObject, Page, Registry, UpgradeExperiment } from '#registry';
import { presentPage } from '../fine-tuning/present-page.js';
import type { Plain } from '../plain.js';
import { unixSeconds } from '../unix-seconds.js';
import type {
  AdviceSummary,
  ExperimentProgress,
  UpgradeExperimentEventList,
  UpgradeExperimentList,
  UpgradeExperimentObject,
} from './experiment.dto.js';

type ExperimentEvents = Awaited<ReturnType<Registry['upgradeExperiments']['listEvents']>>;

/** An experiment as clients see it. */
export function presentExperiment(experiment: UpgradeExperiment): Plain<UpgradeExperimentObject> {
  const { advice, progress, error } = experiment;
  return {
    id: experiment.id,
    object: 'upgrade_experiment',
    status: experiment.state,
    created_at: unixSeconds(experiment.createdAt),
    finished_at: experiment.finishedAt === null ? null : unixSeconds(experiment.finishedAt),
    training_file: experiment.corpusId,
    policy: experiment.policy,
    from: experiment.fromPreset,
    to: experiment.toPreset,
    fallback: experiment.fallbackPreset,
    from_job: experiment.fromRunId,
    to_job: experiment.toRunId,
    fallback_job: experiment.fallbackRunId,
    only_if_advised: experiment.onlyIfAdvised,
    release_policy: experiment.release?.policyName ?? null,
    release: experiment.releaseId,
    seed: experiment.seed,
    user_provided_suffix: experiment.suffix,
    hyperparameters: experiment.presetHyperparameters,
    metadata: experiment.metadata,
    progress: progress as Plain<ExperimentProgress> | null,
    advice: presentAdvice(advice?.['before']),
    outcome: experiment.verdict === null ? null : presentAdvice(advice?.['after'] ?? advice?.['before']),
    verdict: experiment.verdict,
    error: error === null ? null : { code: error.code, message: error.message, param: error.param },
  };
}

function presentAdvice(summary: unknown): Plain<AdviceSummary> | null {
  if (summary === undefined) return null;
  const { verdict, verdicts, tokensNeeded, reasons } = summary as JsonObject;
  return { verdict, verdicts, tokens_needed: tokensNeeded, reasons } as Plain<AdviceSummary>;
}

/** A page of experiments. */
export function presentExperimentList(page: Page<UpgradeExperiment>): Plain<UpgradeExperimentList> {
  return presentPage(page.items.map(presentExperiment), page.hasMore);
}

/** A page of the events of an experiment. */
export function presentExperimentEvents(page: ExperimentEvents): Plain<UpgradeExperimentEventList> {
  const events = page.items.map(({ id, createdAt, level, message, data }) => ({
    id,
    object: 'upgrade_experiment.event' as const,
    created_at: unixSeconds(createdAt),
    level,
    message,
    data,
  }));
  return presentPage(events, page.hasMore);
}
