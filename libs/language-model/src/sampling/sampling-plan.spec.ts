import { describe, expect, it } from 'vitest';
import type { SamplingParameters } from '../decoding/completion-request.js';
import { PLAIN_SAMPLING } from '../decoding/plain-request.js';
import { SamplingPlan } from './sampling-plan.js';

const LOGITS = Float32Array.of(99, 99, -1e9, 1, 2, -3, 4);
const START = 2;

const planOf = (settings: Partial<SamplingParameters>, prompt: readonly number[] = [1]): SamplingPlan =>
  new SamplingPlan({ ...PLAIN_SAMPLING, ...settings }, prompt);

/** What becomes of the logits, by id; each is told once. */
function changes(plan: SamplingPlan, bans = true): Record<number, number> {
  const result: Record<number, number> = {};
  plan.adjust(LOGITS, START, bans, (id, logit) => {
    expect(result).not.toHaveProperty(String(id));
    result[id] = logit;
  });
  return result;
}

describe('SamplingPlan', () => {
  it('changes nothing when nothing is switched on', () => {
    const plan = planOf({ logitBias: new Map([[3, 0]]) }, [1, 2, 3]);
    plan.accept(2);
    expect(plan).toMatchObject({ adjusts: false, cuts: false, greedy: false, inverseTemperature: 1 });
  });

  it('divides positive logits by the repetition penalty and multiplies others, for prompt and generated tokens', () => {
    const plan = planOf({ repetitionPenalty: 2 }, [1, 2, 2]);
    plan.accept(3);
    plan.accept(3);
    expect(changes(plan)).toEqual({ 2: 1, 3: -6 });
  });

  it('does not count the document token that begins every sequence', () => {
    expect(changes(planOf({ repetitionPenalty: 2 }, [1]))).toEqual({});
    expect(changes(planOf({ repetitionPenalty: 2 }, [1, 1]))).toEqual({ 1: 0.5 });
    expect(changes(planOf({ noRepeatNgramSize: 1 }, [1]))).toEqual({});
  });

  it('takes the frequency penalty per time and the presence penalty once, for generated tokens only', () => {
    const plan = planOf({ frequencyPenalty: 0.5, presencePenalty: 0.25 }, [1, 2, 2, 4]);
    for (const id of [3, 3, 3, 4]) plan.accept(id);
    expect(changes(plan)).toEqual({ 3: -3 - 1.5 - 0.25, 4: 4 - 0.5 - 0.25 });
  });

  it('adds the bias last, so that penalties do not scale it', () => {
    const plan = planOf({ repetitionPenalty: 2, presencePenalty: 1, logitBias: new Map([[4, 10]]) }, [1]);
    expect(changes(plan)).toEqual({ 4: 14 });
    plan.accept(4);
    expect(changes(plan)).toEqual({ 4: 4 / 2 - 1 + 10 });
  });

  it('bans what would repeat an n-gram of prompt and text, and the end while it is told to', () => {
    const plan = planOf({ noRepeatNgramSize: 2, logitBias: new Map([[3, 5]]) }, [1, 2, 3, 2]);
    expect(changes(plan)).toEqual({ 3: -Infinity });
    expect(changes(plan, false)).toEqual({ 3: 2 });
    plan.accept(4);
    plan.banEos = true;
    expect(changes(plan)).toEqual({ 1: -Infinity, 3: 2 });
    plan.accept(2);
    plan.banEos = false;
    expect(changes(plan)).toEqual({ 3: -Infinity, 4: -Infinity });
  });

  it('keeps the texts of one prompt apart', () => {
    const prompt = [1, 2, 3, 2];
    const [first, second] = [planOf({ noRepeatNgramSize: 2 }, prompt), planOf({ noRepeatNgramSize: 2 }, prompt)];
    first.accept(4);
    first.accept(2);
    expect(changes(first)).toEqual({ 3: -Infinity, 4: -Infinity });
    expect(changes(second)).toEqual({ 3: -Infinity });
    expect(changes(planOf({ noRepeatNgramSize: 1 }, prompt))).toEqual({ 2: -Infinity, 3: -Infinity });
  });

  it('leaves <unk> alone', () => {
    expect(changes(planOf({ repetitionPenalty: 1e-9, logitBias: new Map([[0, 100]]) }, [1, 0]))).toEqual({});
  });

  it('feeds the graph the reciprocal of the temperature as float32, and 1 where the largest logit wins anyway', () => {
    expect(planOf({ temperature: 0.7 }).inverseTemperature).toBe(Math.fround(1 / 0.7));
    expect(planOf({ temperature: 0 })).toMatchObject({ greedy: true, inverseTemperature: 1 });
    expect(planOf({ temperature: 1e-300 })).toMatchObject({ greedy: true, inverseTemperature: 1 });
    expect(planOf({ topK: 1, temperature: 0.5 })).toMatchObject({ greedy: true, inverseTemperature: 2 });
  });
});
