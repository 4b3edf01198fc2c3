import { join } from 'node:path';
import type { Config } from '#config';
import {
  adviseUpgrade,
  type ComparisonProgress,
  type RuleSet,
  type UpgradeAdvice,
  type UpgradeEvidence,
  type UpgradeReport,
} from '#language-model/upgrade';
import type { Corpus, JsonObject, ModelVersion, Registry, UpgradeExperiment } from '#registry';
import { beforeUpgrade, gatherEvidence, type Candidate, type Candidates } from './gather-evidence.js';
import { measureModels } from './measure-models.js';
import { measurementOrder } from './measurement-order.js';

/** What a stage came to. */
export type StageOutcome = Parameters<Registry['upgradeExperiments']['settleStage']>[2];

/**
 * Carries out a stage that is no training: measures the models that there are and asks the rules.
 *
 * @throws what {@link measureModels} throws
 */
export async function carryOutStage(
  { registry, config }: { readonly registry: Registry; readonly config: Config },
  experiment: UpgradeExperiment,
  onProgress: (progress: ComparisonProgress) => void,
  signal: AbortSignal,
): Promise<StageOutcome> {
  const corpus = await registry.getCorpus(experiment.corpusId);
  const candidates = await findCandidates(registry, experiment);
  const workFolder = join(config.runsDir, `${experiment.id}-${experiment.attempt}`);
  const order = await measurementOrder({ registry, config }, corpus, candidates, workFolder);
  const evidence = await gatherEvidence(registry, candidates, await measureModels(order, onProgress, signal));
  return decide(experiment, corpus, candidates, evidence);
}

/** The models of an experiment, with the versions of those of its runs that have ended. */
async function findCandidates(registry: Registry, experiment: UpgradeExperiment): Promise<Candidates> {
  const { fromPreset, toPreset, fallbackPreset } = experiment;
  const from = await versionOf(registry, experiment.fromRunId);
  if (from === null) throw new Error(`The smaller model of ${experiment.id} is not trained.`);
  const asked = (preset: string): JsonObject => ({
    ...experiment.hyperparameters,
    ...experiment.presetHyperparameters[preset],
  });
  const candidate = async (role: 'to' | 'fallback', preset: string, runId: string | null): Promise<Candidate> => ({
    role,
    preset,
    hyperparameters: asked(preset),
    version: await versionOf(registry, runId),
  });
  return {
    from: { role: 'from', preset: fromPreset, hyperparameters: asked(fromPreset), version: from },
    to: await candidate('to', toPreset, experiment.toRunId),
    fallback: fallbackPreset === null ? null : await candidate('fallback', fallbackPreset, experiment.fallbackRunId),
  };
}

async function versionOf(registry: Registry, runId: string | null): Promise<ModelVersion | null> {
  if (runId === null) return null;
  const { modelVersionId } = await registry.getTrainingRun(runId);
  return modelVersionId === null ? null : registry.getModelVersion(modelVersionId);
}

function decide(
  experiment: UpgradeExperiment,
  corpus: Corpus,
  { to, fallback }: Candidates,
  evidence: UpgradeEvidence,
): StageOutcome {
  const policy = experiment.policy as RuleSet;
  const before = adviseUpgrade(beforeUpgrade(evidence), policy);
  const now = adviseUpgrade(evidence, policy);
  const report: UpgradeReport = {
    format: 'understudy-upgrade-report',
    version: 1,
    createdAt: new Date().toISOString(),
    subject: experiment.id,
    trainingFile: corpus.filename,
    seed: experiment.seed,
    advice: now,
    evidence,
  };
  const advice = { before: summarize(before), ...(to.version && { after: summarize(now) }) };
  const results = { report: { ...report }, advice };
  if (to.version === null && (before.next === 'to' || !experiment.onlyIfAdvised)) {
    return { next: 'training_to', ...results, message: `After ${experiment.fromPreset}: ${describe(before)}` };
  }
  if (now.next === 'fallback' && fallback !== null && fallback.version === null) {
    const message = `${experiment.toPreset} does not hold; ${fallback.preset} is tried next. ${reasonsOf(now)}`;
    return { next: 'training_fallback', ...results, message };
  }
  return { next: 'succeeded', verdict: now.verdict, ...results, message: `Verdict: ${describe(now)}` };
}

function summarize({ verdict, tokensNeeded, policy, ruleSets }: UpgradeAdvice): JsonObject {
  const verdicts = { literal: ruleSets.literal.verdict, measured: ruleSets.measured.verdict };
  return { verdict, verdicts, tokensNeeded, reasons: ruleSets[policy].reasons };
}

function describe(advice: UpgradeAdvice): string {
  const tokens = advice.tokensNeeded > 0 ? ` (${advice.tokensNeeded.toLocaleString('en')} tokens more)` : '';
  return `${advice.verdict}${tokens}, by the rules "${advice.policy}". ${reasonsOf(advice)}`;
}

function reasonsOf({ policy, ruleSets }: UpgradeAdvice): string {
  return ruleSets[policy].reasons.join(' ');
}
