import { describe, expect, it } from 'vitest';
import type { RetainedCheckpoint } from './checkpoint.repository.js';
import { checkpointsToRemove } from './checkpoints-to-remove.js';

/** Checkpoints with these validation losses; their ids are their numbers. */
function checkpoints(...losses: number[]): RetainedCheckpoint[] {
  return losses.map((validationLossNats, index) => ({
    id: String(index + 1),
    number: index + 1,
    step: 10 * (index + 1),
    validationLossNats,
    needed: false,
  }));
}

describe('retention', () => {
  it('keeps the best and the last', () => {
    expect(checkpointsToRemove(checkpoints(5, 3, 2, 4, 6), 0)).toEqual(['1', '2', '4']);
  });

  it('keeps one when the last is the best, and nothing of no checkpoints', () => {
    expect(checkpointsToRemove(checkpoints(3, 2, 1), 0)).toEqual(['1', '2']);
    expect(checkpointsToRemove(checkpoints(3), 0)).toEqual([]);
    expect(checkpointsToRemove([], 0)).toEqual([]);
  });

  it('takes the earlier of two that are equally good for the best', () => {
    expect(checkpointsToRemove(checkpoints(3, 2, 2, 4), 0)).toEqual(['1', '3']);
  });

  it('keeps every so many-th, counted over the whole run and not over those that are left', () => {
    const left = checkpoints(9, 8, 7, 6, 5, 4, 3).filter(({ id }) => id !== '1' && id !== '3');
    expect(checkpointsToRemove(left, 2)).toEqual(['5']);
    expect(checkpointsToRemove(checkpoints(9, 8, 7, 6), 1)).toEqual([]);
  });

  it('keeps what a run continues from that has not ended', () => {
    const needed = checkpoints(5, 4, 3).map((checkpoint) => ({ ...checkpoint, needed: checkpoint.id === '2' }));
    expect(checkpointsToRemove(needed, 0)).toEqual(['1']);
  });
});
