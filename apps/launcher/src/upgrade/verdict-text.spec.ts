import { describe, expect, it } from 'vitest';
import type { Experiment } from './experiment.js';
import { describeFirstAdvice, describeOutcome, describeRelease } from './verdict-text.js';

const experiment: Experiment = {
  id: 'upexp-1',
  status: 'succeeded',
  training_file: 'file-1',
  from: 'small',
  to: 'medium',
  fallback: 'intermediate',
  from_job: null,
  to_job: null,
  fallback_job: null,
  progress: null,
  advice: null,
  outcome: null,
  release: null,
  finished_at: 1,
  error: null,
};

describe('the text of a verdict', () => {
  it.each([
    ['upgrade', 'Verdict: upgrade. "medium" is better than "small".'],
    ['keep_small', 'Verdict: keep_small. Stay with "small".'],
    ['use_intermediate', 'Verdict: use_intermediate. "medium" does not hold, "intermediate" does.'],
    ['collect_more_data', 'Verdict: collect_more_data. "medium" wants 1,234,567 more tokens to train on.'],
  ])('says what %s means', (verdict, line) => {
    const advice = { verdict, tokens_needed: 1_234_567, reasons: ['Because.'] };
    expect(describeOutcome(experiment, advice)).toEqual([line, 'Because.']);
  });

  it('says after the first model whether the second is worth trying', () => {
    const advice = { tokens_needed: 0, reasons: [] };
    expect(describeFirstAdvice(experiment, { ...advice, verdict: 'upgrade' })).toMatch(/is worth training\.$/);
    expect(describeFirstAdvice(experiment, { ...advice, verdict: 'keep_small' })).toMatch(
      /not worth it \(keep_small\)/,
    );
  });

  it('says what follows', () => {
    expect(describeRelease(experiment)).toMatch(/^Nothing was released .* "small" goes on serving\.$/);
    expect(describeRelease({ ...experiment, release: 'rel-1' })).toMatch(
      /^The release rel-1 is open: "medium" .*rel-1/,
    );
  });
});
