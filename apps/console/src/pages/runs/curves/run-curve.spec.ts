import { describe, expect, it } from 'vitest';
import { extendCurve, type RunCurve } from './run-curve.js';

type Answer = Parameters<typeof extendCurve>[1];

function answer(lastId: string | null, points: readonly (readonly [number, number | null, number | null])[]): Answer {
  return {
    object: 'fine_tuning.job.metrics',
    fine_tuning_job_id: 'ftjob-1',
    steps: points.map(([step]) => step),
    at: points.map(([step]) => 1000 + step),
    columns: { train_loss: points.map(([, loss]) => loss), valid_loss: points.map(([, , loss]) => loss) },
    told: points.length,
    last_id: lastId,
    has_more: false,
  } as Answer;
}

const rows = ({ steps, columns }: RunCurve): unknown[] =>
  steps.map((step, index) => [step, columns.train_loss[index], columns.valid_loss[index]]);

describe('extendCurve', () => {
  const known = extendCurve(
    null,
    answer('ftevent-2', [
      [1, 5, null],
      [2, 4, 4.5],
    ]),
  );

  it('adds what comes after', () => {
    const more = extendCurve(known, answer('ftevent-3', [[3, 3, null]]));
    expect(rows(more)).toEqual([
      [1, 5, null],
      [2, 4, 4.5],
      [3, 3, null],
    ]);
    expect(more).toMatchObject({ at: [1001, 1002, 1003], lastId: 'ftevent-3', told: 3 });
  });

  it('is the same curve when nothing came', () => {
    expect(extendCurve(known, answer('ftevent-2', []))).toBe(known);
  });

  it('joins what is told of a step later with what was told of it before', () => {
    const more = extendCurve(
      known,
      answer('ftevent-4', [
        [2, null, 4.25],
        [3, 3, null],
      ]),
    );
    expect(rows(more)).toEqual([
      [1, 5, null],
      [2, 4, 4.25],
      [3, 3, null],
    ]);
  });

  it('takes the newest word on steps that a run makes again', () => {
    const again = extendCurve(
      known,
      answer('ftevent-5', [
        [1, 5.5, null],
        [2, 4.4, null],
      ]),
    );
    expect(rows(again)).toEqual([
      [1, 5.5, null],
      [2, 4.4, 4.5],
    ]);
  });
});
