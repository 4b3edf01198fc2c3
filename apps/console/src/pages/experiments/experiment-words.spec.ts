import { describe, expect, it } from 'vitest';
import { outcomeWords, stagesOf, type Experiment } from './experiment-words.js';

const summary: Experiment['advice'] = { verdict: 'upgrade', verdicts: {}, tokens_needed: 0, reasons: [] };
const experiment = (more: Partial<Experiment>): Experiment =>
  ({
    status: 'training_to',
    from: 'small',
    to: 'medium',
    fallback: 'intermediate',
    from_job: 'ftjob-1',
    to_job: 'ftjob-2',
    fallback_job: null,
    advice: summary,
    outcome: null,
    verdict: null,
    progress: null,
    ...more,
  }) as Experiment;
const states = (more: Partial<Experiment>): string =>
  stagesOf(experiment(more))
    .map(({ state }) => state)
    .join(' ');

describe('the steps of an experiment', () => {
  it('are done before the one under way, and later after it', () => {
    expect(states({})).toBe('done done now later later later');
    expect(states({ status: 'training_from', advice: null })).toBe('now later later later later later');
  });

  it('that were not needed are skipped once it is over', () => {
    expect(states({ status: 'succeeded', outcome: summary })).toBe('done done done done skipped skipped');
    expect(states({ status: 'succeeded', outcome: summary, to_job: null })).toBe(
      'done done skipped skipped skipped skipped',
    );
    expect(states({ status: 'failed', advice: null })).toBe('skipped skipped skipped skipped skipped skipped');
  });

  it('have no fallback where none was asked for', () => {
    expect(states({ fallback: null })).toBe('done done now later');
  });
});

describe('an experiment in a line', () => {
  it('is its verdict, or its step under way', () => {
    expect(outcomeWords(experiment({ status: 'succeeded', outcome: summary, verdict: 'upgrade' }))).toBe(
      'Upgrade to medium',
    );
    expect(outcomeWords(experiment({}))).toBe('Train medium');
    expect(outcomeWords(experiment({ status: 'cancelled' }))).toBe('cancelled');
  });
});
