import { describe, expect, it } from 'vitest';
import type { Job, JobProgress } from './job.js';
import { describeEvaluation, describeMinutes, describeProgress, formatCount, formatDuration } from './progress-text.js';

const progress: JobProgress = {
  phase: 'training',
  fraction: 0.42,
  epoch: 2,
  epochs: 4,
  tokens_per_second: 12_340.4,
  seconds_left: 75.2,
  loss: 4.806,
  evaluation: null,
};
const job: Job = {
  id: 'ftjob-1',
  model: 'small',
  status: 'running',
  training_file: 'file-1',
  fine_tuned_model: null,
  error: null,
  progress,
};

describe('progress text', () => {
  it('tells pass, rate, loss and the time left while training', () => {
    expect(describeProgress(job)).toBe('training, pass 2 of 4, 12,340 tokens/s, loss 4.81, 1:15 left');
  });

  it('tells the phase where there is no rate', () => {
    expect(describeProgress({ ...job, progress: { ...progress, phase: 'exporting' } })).toBe('exporting');
    expect(describeProgress({ ...job, progress: { ...progress, tokens_per_second: 0 } })).toBe('training');
    expect(describeProgress({ ...job, progress: null })).toBe('starting');
    expect(describeProgress({ ...job, status: 'queued' })).toBe('waiting for the trainer');
  });

  it('tells what was measured on held-out text', () => {
    const evaluation = {
      step: 10,
      epoch: 1,
      validation: { perplexity: 250.4, top1: 0.2136 },
      gap_points: 1.25,
      sample: 'x',
    };
    expect(describeEvaluation(evaluation)).toBe(
      '  held-out text: perplexity 250, 21.4% of the next words right, train/validation gap 1.3 points',
    );
  });

  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [75, '1:15'],
    [3675, '1:01:15'],
    [-3, '0:00'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [20, 'less than a minute'],
    [75, 'about 1 minute'],
    [150, 'about 3 minutes'],
  ])('tells a person that %d seconds are %s', (seconds, text) => {
    expect(describeMinutes(seconds)).toBe(text);
  });

  it('groups the digits of counts', () => {
    expect(formatCount(1_234_567.4)).toBe('1,234,567');
  });
});
