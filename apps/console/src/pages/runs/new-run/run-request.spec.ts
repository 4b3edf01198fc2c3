import { describe, expect, it } from 'vitest';
import type { Job } from '../run-words.js';
import { initialRequest, toBody, withSetting } from './run-request.js';

const file = (id: string, status: 'processed' | 'error' = 'processed') =>
  ({ id, status, filename: `${id}.txt` }) as Parameters<typeof initialRequest>[2][number];
const NOTHING = { file: null, model: null };

describe('initialRequest', () => {
  it('takes the newest file that can be trained on, and the small preset', () => {
    const request = initialRequest(null, NOTHING, [file('broken', 'error'), file('new'), file('old')]);
    expect(request).toEqual({ model: 'small', file: 'new', validationFile: '', suffix: '', seed: null, settings: {} });
  });

  it('takes an earlier run as it was asked for, and what the address says before it', () => {
    const like = {
      model: 'medium',
      training_file: 'old',
      validation_file: 'gone',
      user_provided_suffix: 'books',
      seed: 7,
      hyperparameters: { learning_rate_multiplier: 1, n_epochs: 3, tokenization: 'words' },
    } as unknown as Job;
    const files = [file('new'), file('old')];
    expect(initialRequest(like, NOTHING, files)).toEqual({
      model: 'medium',
      file: 'old',
      validationFile: '',
      suffix: 'books',
      seed: 7,
      settings: { n_epochs: 3, tokenization: 'words' },
    });
    expect(initialRequest(like, { file: 'new', model: 'small' }, files)).toMatchObject({ file: 'new', model: 'small' });
  });
});

describe('a request', () => {
  const request = initialRequest(null, NOTHING, [file('new')]);

  it('says nothing about what was left to its default', () => {
    const changed = withSetting(withSetting(request, 'n_epochs', 5), 'batch_size', 16);
    expect(toBody(withSetting(changed, 'batch_size', null))).toEqual({
      model: 'small',
      training_file: 'new',
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 5 } } },
    });
  });
});
