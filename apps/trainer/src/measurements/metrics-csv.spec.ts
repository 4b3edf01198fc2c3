import { describe, expect, it } from 'vitest';
import { renderMetricsCsv } from './metrics-csv.js';

describe('renderMetricsCsv', () => {
  it('begins with the columns of an OpenAI result file, in its order', () => {
    expect(renderMetricsCsv([])).toMatch(
      /^step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,[a-z_,]+\n$/,
    );
  });

  it('writes a line per step, leaves empty what is not known there, and no number that is none', () => {
    const training = { step: 3, train_loss: 2.5, learning_rate: 0.1 + 0.2, gradient_norm: null };
    const evaluation = {
      step: 4,
      train_loss: 2.25,
      train_mean_token_accuracy: 0.5,
      valid_loss: Number.NaN,
      gap_points: -1,
    };
    const [header = '', ...lines] = renderMetricsCsv([
      { step: 3, at: new Date(0), training, evaluation: null },
      { step: 4, at: new Date(0), training: null, evaluation },
    ]).split('\n');
    const columns = header.split(',');
    const [first, second] = lines.map((line) =>
      Object.fromEntries(line.split(',').map((text, index) => [columns[index] ?? '', text])),
    );
    const empty = Object.fromEntries(columns.map((name) => [name, '']));
    expect(first).toEqual({ ...empty, step: '3', train_loss: '2.5', learning_rate: '0.3' });
    expect(second).toEqual({
      ...empty,
      step: '4',
      train_accuracy: '0.5',
      evaluated_train_loss: '2.25',
      gap_points: '-1',
    });
    expect(lines.at(-1)).toBe('');
  });
});
