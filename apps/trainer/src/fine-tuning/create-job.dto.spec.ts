import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { CreateJobBody } from './create-job.dto.js';

const good = { model: 'small', training_file: 'file-1' };

/** Paths of the fields that are refused. */
async function refused(body: Record<string, unknown>): Promise<string[]> {
  const errors = await validate(plainToInstance(CreateJobBody, body), { whitelist: true, forbidNonWhitelisted: true });
  const paths = (list: typeof errors, prefix: string): string[] =>
    list.flatMap((error) => {
      const path = prefix + error.property;
      return error.children?.length ? paths(error.children, `${path}.`) : [path];
    });
  return paths(errors, '');
}

describe('CreateJobBody', () => {
  it.each([
    ['only what is required', {}],
    [
      'null for everything optional',
      {
        suffix: null,
        seed: null,
        metadata: null,
        method: null,
        hyperparameters: null,
        validation_file: null,
        integrations: null,
      },
    ],
    ['an empty list of integrations', { integrations: [] }],
    [
      'the largest values',
      {
        suffix: 'my-model',
        seed: 2 ** 31 - 1,
        metadata: Object.fromEntries(
          Array.from({ length: 16 }, (_, i) => [String(i).padEnd(64, 'k'), 'v'.repeat(512)]),
        ),
      },
    ],
    [
      'method with hyperparameters',
      { method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 'auto' } } } },
    ],
    ['method without details', { method: { type: 'supervised' } }],
  ])('takes %s', async (_, extra) => {
    expect(await refused({ ...good, ...extra })).toEqual([]);
  });

  it.each([
    ['model', { model: undefined }],
    ['model', { model: 5 }],
    ['training_file', { training_file: ['file-1'] }],
    ['suffix', { suffix: 5 }],
    ['seed', { seed: -1 }],
    ['seed', { seed: 2 ** 31 }],
    ['seed', { seed: 1.5 }],
    ['seed', { seed: '7' }],
    ['metadata', { metadata: 'text' }],
    ['metadata', { metadata: ['a'] }],
    ['metadata', { metadata: { a: 1 } }],
    ['metadata', { metadata: { ['k'.repeat(65)]: 'v' } }],
    ['metadata', { metadata: { a: 'v'.repeat(513) } }],
    ['metadata', { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [String(i), 'v'])) }],
    ['method', { method: 'supervised' }],
    ['method.type', { method: { type: 'dpo' } }],
    ['method.type', { method: {} }],
    ['method.dpo', { method: { type: 'supervised', dpo: {} } }],
    ['method.supervised.rank', { method: { type: 'supervised', supervised: { rank: 8 } } }],
    ['method.supervised.hyperparameters', { method: { type: 'supervised', supervised: { hyperparameters: 5 } } }],
    ['hyperparameters', { hyperparameters: [1] }],
    ['validation_file', { validation_file: 2 }],
    ['integrations', { integrations: [{ type: 'wandb' }] }],
    ['n_epochs', { n_epochs: 3 }],
    ['__proto__x', { __proto__x: 1 }],
  ])('refuses a bad or unknown %s: %j', async (path, extra) => {
    expect(await refused({ ...good, ...extra })).toEqual([path]);
  });
});
