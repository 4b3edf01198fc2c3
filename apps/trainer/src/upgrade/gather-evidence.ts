import { resolveHyperparameters, type Hyperparameters, type RunMetrics } from '#language-model';
import type {
  CurvePoint,
  ModelRole,
  PresetEvidence,
  RunEvidence,
  StepPoint,
  UpgradeEvidence,
} from '#language-model/upgrade';
import type { JsonObject, ModelVersion, Registry } from '#registry';
import { readCurve } from '../measurements/run-curve.js';
import type { Measurement } from './measurement-messages.js';

/** One model of a question about an upgrade: what it is to be, and the version where it is trained already. */
export interface Candidate {
  readonly role: ModelRole;
  readonly preset: string;
  /** As asked for, by the API's names. */
  readonly hyperparameters: JsonObject;
  readonly version: ModelVersion | null;
}

/** The models of a question about an upgrade. */
export interface Candidates {
  readonly from: Candidate & { readonly version: ModelVersion };
  readonly to: Candidate;
  readonly fallback: Candidate | null;
}

/** The run of a candidate's version: a version that was imported is nobody's candidate. */
export function runOf({ id, trainingRunId }: ModelVersion): string {
  if (trainingRunId === null) throw new Error(`The version ${id} of an upgrade has no run.`);
  return trainingRunId;
}

/** Hyper-parameters of a candidate: those that were used, or those that would be. */
export function hyperparametersOf({ preset, hyperparameters, version }: Candidate): Hyperparameters {
  return version === null
    ? resolveHyperparameters(preset, hyperparameters)
    : (version.hyperparameters as unknown as Hyperparameters);
}

/** Everything that the rules look at. @throws job_not_found */
export async function gatherEvidence(
  registry: Registry,
  { from, to, fallback }: Candidates,
  { comparison, tokensPerSecond }: Measurement,
): Promise<UpgradeEvidence> {
  const trainingTokens = comparison.corpus.train.tokens;
  const describe = async (candidate: Candidate): Promise<PresetEvidence> => ({
    preset: candidate.preset,
    hyperparameters: hyperparametersOf(candidate),
    estimatedTokensPerSecond: tokensPerSecond[candidate.preset] ?? null,
    run: candidate.version === null ? null : await describeRun(registry, candidate.version, trainingTokens),
  });
  return {
    from: { ...(await describe(from)), run: await describeRun(registry, from.version, trainingTokens) },
    to: await describe(to),
    fallback: fallback === null ? null : await describe(fallback),
    comparison,
    corpus: comparison.corpus,
  };
}

async function describeRun(registry: Registry, version: ModelVersion, trainingTokens: number): Promise<RunEvidence> {
  const points = await readCurve(registry, runOf(version));
  const curve = points.flatMap(({ step, evaluation }): CurvePoint[] =>
    evaluation === null
      ? []
      : [
          {
            step,
            validationLossNats: Number(evaluation['valid_loss']),
            validationTop1: Number(evaluation['valid_mean_token_accuracy']),
          },
        ],
  );
  const steps = points.flatMap(({ step, training }): StepPoint[] =>
    training === null ? [] : [{ step, lossNats: Number(training['train_loss']) }],
  );
  return {
    id: version.id,
    parameters: version.parameters,
    trainingTokens,
    trainedTokens: version.trainedTokens,
    metrics: version.metrics as unknown as RunMetrics,
    curve,
    steps,
  };
}

/** The evidence as it was before the larger model was trained. */
export function beforeUpgrade(evidence: UpgradeEvidence): UpgradeEvidence {
  const { to, fallback, comparison } = evidence;
  return {
    ...evidence,
    to: { ...to, run: null },
    fallback: fallback && { ...fallback, run: null },
    comparison: comparison && {
      ...comparison,
      models: comparison.models.filter(({ role }) => role === 'from'),
      pairs: [],
      samples: comparison.samples.map((sample) => ({
        ...sample,
        texts: sample.texts.filter(({ role }) => role === 'from'),
      })),
    },
  };
}
