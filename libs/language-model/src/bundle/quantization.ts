/** Arithmetic that a model is served with. */
export type Precision = 'float32' | 'int8';

/** What a generator is told to serve with; `auto` is int8 where it was measured and has held. */
export type PrecisionChoice = 'auto' | Precision;

/** How much worse than float32 the int8 variant may predict the validation text to be served by default. */
export interface PrecisionTolerance {
  /** Of perplexity, percent of float32's. */
  readonly perplexityPercent: number;
  /** Of top-1 accuracy, percentage points. */
  readonly top1Points: number;
}

/** What differences are accepted unless a trainer is told otherwise. */
export const DEFAULT_TOLERANCE: PrecisionTolerance = { perplexityPercent: 1, top1Points: 0.3 };

/** How well a decode graph predicts a text. It generates no unknown words, so those are not predicted either. */
export interface DecodeEvaluation {
  readonly perplexity: number;
  /** Share of tokens that were the most probable one, 0 to 1. */
  readonly top1: number;
}

/** How the int8 variant compares, as `config.json` has it. */
export interface Quantization {
  /** Predicted tokens of the validation text. */
  readonly tokens: number;
  readonly float32: DecodeEvaluation;
  readonly int8: DecodeEvaluation;
  readonly tolerance: PrecisionTolerance;
  /** Whether int8 is within the tolerance: then it is what is served by default. */
  readonly held: boolean;
}

/** Judges what was measured. What is no number, or was measured on no token, does not hold. */
export function judgeQuantization(
  tokens: number,
  float32: DecodeEvaluation,
  int8: DecodeEvaluation,
  tolerance: PrecisionTolerance,
): Quantization {
  const { perplexityPercent, top1Points } = lossOf(float32, int8);
  const held = tokens > 0 && perplexityPercent <= tolerance.perplexityPercent && top1Points <= tolerance.top1Points;
  return { tokens, float32, int8, tolerance, held };
}

/** What int8 loses against float32; negative where it is better. */
function lossOf(float32: DecodeEvaluation, int8: DecodeEvaluation): PrecisionTolerance {
  return {
    perplexityPercent: 100 * (int8.perplexity / float32.perplexity - 1),
    top1Points: 100 * (float32.top1 - int8.top1),
  };
}

/** The precision that a bundle is served with, given what it was measured to hold (nothing for a bundle without int8). */
export function choosePrecision(choice: PrecisionChoice, quantization: Quantization | undefined): Precision {
  if (!quantization || choice === 'float32') return 'float32';
  return choice === 'int8' || quantization.held ? 'int8' : 'float32';
}

/** The section of `card.md` that says how int8 compares. */
export function describeQuantization({ tokens, float32, int8, tolerance, held }: Quantization): string {
  const row = (name: Precision, { perplexity, top1 }: DecodeEvaluation): string =>
    `| ${name} | ${perplexity.toFixed(2)} | ${(100 * top1).toFixed(2)}% |`;
  return `
## Precision

By \`decode.onnx\` and \`decode.int8.onnx\` on ${tokens.toLocaleString('en')} tokens of the validation text; unknown words are neither predicted nor counted.

| arithmetic | perplexity | top-1 |
|---|---|---|
${row('float32', float32)}
${row('int8', int8)}

int8 may lose ${tolerance.perplexityPercent}% of perplexity and ${tolerance.top1Points} points of accuracy: ${
    held
      ? 'it holds, and is what is served.'
      : 'it does not hold, and is served only when `SERVING_PRECISION=int8` asks for it.'
  }
`;
}
