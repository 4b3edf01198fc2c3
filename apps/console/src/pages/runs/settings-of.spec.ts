import { describe, expect, it } from 'vitest';
import type { Job } from './run-words.js';
import { settingsOf } from './settings-of.js';

const run = (hyperparameters: Record<string, unknown>, more: Partial<Job> = {}): Job =>
  ({ model: 'small', training_file: 'file-1', validation_file: null, seed: 1, hyperparameters, ...more }) as Job;

describe('settingsOf', () => {
  it('has what differs first, and says where a run took the default', () => {
    const runs = [run({ n_epochs: 5, batch_size: 32 }), run({ batch_size: 32, tokenization: 'words' }, { seed: 2 })];
    expect(settingsOf(runs, new Map([['file-1', 'books.zip']]))).toEqual([
      { name: 'seed', values: ['1', '2'], differs: true },
      { name: 'n_epochs', values: ['5', 'default'], differs: true },
      { name: 'tokenization', values: ['default', 'words'], differs: true },
      { name: 'preset', values: ['small', 'small'], differs: false },
      { name: 'text', values: ['books.zip', 'books.zip'], differs: false },
      { name: 'validation text', values: ['held out of the text', 'held out of the text'], differs: false },
      { name: 'batch_size', values: ['32', '32'], differs: false },
    ]);
  });
});
