import { describe, expect, it } from 'vitest';
import { presetOf, runName, standing, type Job } from './run-words.js';

const progress = { phase: 'training', step: 1200, seconds_left: 90 } as Job['progress'];
const running = { status: 'running', desired_status: 'running', progress, error: null } as Job;

describe('what a run is called', () => {
  it('has its preset, its suffix and the beginning of its id', () => {
    const job = { id: 'ftjob-8Jr2Qw5Zt1', model: 'small', user_provided_suffix: 'books' };
    expect(runName(job)).toBe('small books · 8Jr2Q');
    expect(runName({ ...job, model: 'ft:medium:understudy:k3v9bqyx', user_provided_suffix: null })).toBe(
      'medium · 8Jr2Q',
    );
    expect(presetOf({ model: 'ft:medium:understudy:k3v9bqyx' })).toBe('medium');
  });
});

describe('where a run stands', () => {
  it.each<[Partial<Job>, string]>([
    [{}, 'training, 1 min 30 s left'],
    [{ progress: { ...progress, phase: 'exporting' } as Job['progress'] }, 'writing the model'],
    [{ desired_status: 'paused' }, 'saving its state to pause'],
    [{ desired_status: 'cancelled' }, 'stopping'],
    [{ status: 'queued', progress: null }, 'waits for the device'],
    [{ status: 'queued' }, 'waits for the device to go on'],
    [{ status: 'paused' }, 'paused at step 1,200'],
    [{ status: 'failed', error: { code: 'x', message: 'The disk is full.', param: null } }, 'The disk is full.'],
    [{ status: 'succeeded' }, 'succeeded'],
  ])('%j is said as %s', (change, words) => {
    expect(standing({ ...running, ...change })).toBe(words);
  });
});
