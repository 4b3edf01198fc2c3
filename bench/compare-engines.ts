import {
  TrainingStep,
  WindowReader,
  createEvaluator,
  type Architecture,
  type TrainingEngine,
} from '#language-model/workbench';
import { zipfText } from './zipf.js';

/** What is computed to compare two engines. */
export interface ComparisonSizes {
  readonly architecture: Architecture;
  readonly sequenceLength: number;
  readonly batchSize: number;
  readonly dropoutRate: number;
  /** Steps of training; the engines' parameters drift apart with each. */
  readonly steps: number;
}

/** How far two engines are apart, each as a share of the reference's size. */
export interface EngineDifferences {
  /** Of the first step's loss, whose parameters are the same. */
  readonly loss: number;
  /** Of the first step's gradient that is furthest off, relative to its largest element. */
  readonly gradient: number;
  /** The parameter that this gradient belongs to. */
  readonly gradientOf: string;
  /** Of the last step's loss, after updates by the engines' own gradients. */
  readonly lastLoss: number;
  /** Of the mean loss of an evaluation with the reference's parameters. */
  readonly evaluation: number;
}

/** Largest differences that rounding and another order of additions explain, in float32. */
export const LIMITS = { loss: 1e-4, gradient: 1e-3, lastLoss: 1e-3, evaluation: 1e-4 } as const;

/** Names of what differs by more than rounding; a number that is not finite counts as such. */
export function findDisagreements(differences: EngineDifferences): string[] {
  return (Object.keys(LIMITS) as (keyof typeof LIMITS)[]).filter((name) => !(differences[name] <= LIMITS[name]));
}

/** Trains the same model for a few steps with two engines, from the same seed on the same text, and measures both. */
export async function compareEngines(
  reference: TrainingEngine,
  candidate: TrainingEngine,
  { architecture, sequenceLength, batchSize, dropoutRate, steps }: ComparisonSizes,
): Promise<EngineDifferences> {
  const text = zipfText(steps * batchSize * sequenceLength + 1, architecture.vocabularySize, 1);
  const reader = new WindowReader(text, batchSize, sequenceLength, 1);
  const open = (engine: TrainingEngine): Promise<TrainingStep> =>
    TrainingStep.create({ architecture, sequenceLength, batchSize, dropoutRate, seed: 1, engine, text });
  const [ours, theirs] = [await open(reference), await open(candidate)];
  try {
    const differences = { loss: 0, gradient: 0, gradientOf: '', lastLoss: 0 };
    for (let step = 0; step < steps; step++) {
      const { ids, targets } = reader.read(0, step);
      const update = { learningRate: 1e-3, weightDecay: 0.05, clipNorm: 1 };
      const expected = await ours.run(ids, targets, update);
      const actual = await theirs.run(ids, targets, update);
      differences.lastLoss = relative(actual.lossNats, expected.lossNats);
      if (step === 0) Object.assign(differences, { loss: differences.lastLoss, ...worstGradient(theirs, ours) });
    }
    const evaluationText = text.subarray(0, 20 * sequenceLength);
    const measure = async (engine: TrainingEngine): Promise<number> => {
      const evaluator = await createEvaluator(architecture, ours.parameters, engine);
      try {
        return (await evaluator.evaluate(evaluationText)).lossNats;
      } finally {
        await evaluator.dispose();
      }
    };
    return { ...differences, evaluation: relative(await measure(candidate), await measure(reference)) };
  } finally {
    await ours.dispose();
    await theirs.dispose();
  }
}

function relative(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.abs(expected);
}

function worstGradient(actual: TrainingStep, expected: TrainingStep): { gradient: number; gradientOf: string } {
  let worst = { gradient: 0, gradientOf: '' };
  for (const { name } of expected.gradients.specs) {
    const [theirs, ours] = [actual.gradients.view(name), expected.gradients.view(name)];
    let [largest, difference] = [0, 0];
    for (let i = 0; i < ours.length; i++) {
      largest = Math.max(largest, Math.abs(ours[i]!));
      const distance = Math.abs(theirs[i]! - ours[i]!);
      // Not a number must count as the worst; Math.max keeps it once it is there.
      difference = Math.max(difference, distance);
    }
    const gradient = difference / largest;
    if (Number.isNaN(gradient)) return { gradient, gradientOf: name };
    if (gradient > worst.gradient) worst = { gradient, gradientOf: name };
  }
  return worst;
}
