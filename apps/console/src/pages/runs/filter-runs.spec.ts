import { describe, expect, it } from 'vitest';
import { filterRuns } from './filter-runs.js';
import type { Job } from './run-words.js';

const run = (id: string, more: Partial<Job> = {}): Job =>
  ({
    id,
    model: 'small',
    status: 'succeeded',
    user_provided_suffix: null,
    fine_tuned_model: null,
    training_file: 'file-1',
    metadata: {},
    ...more,
  }) as Job;

const runs = [
  run('ftjob-a', { user_provided_suffix: 'books' }),
  run('ftjob-b', { model: 'ft:medium:understudy:abc', status: 'running', training_file: 'file-2' }),
  run('ftjob-c', { metadata: { team: 'Red' } }),
];
const names = new Map([['file-2', 'Tickets.jsonl']]);
const found = (filter: Partial<Parameters<typeof filterRuns>[1]>): string[] =>
  filterRuns(runs, { text: '', status: '', preset: '', ...filter }, names).map(({ id }) => id);

describe('filterRuns', () => {
  it.each([
    [{}, ['ftjob-a', 'ftjob-b', 'ftjob-c']],
    [{ text: 'BOOKS small' }, ['ftjob-a']],
    [{ text: 'tickets' }, ['ftjob-b']],
    [{ text: 'team red' }, ['ftjob-c']],
    [{ text: 'tickets books' }, []],
    [{ status: 'running' }, ['ftjob-b']],
    [{ preset: 'medium' }, ['ftjob-b']],
    [{ preset: 'small', status: 'running' }, []],
  ])('finds by %j', (filter, ids) => {
    expect(found(filter)).toEqual(ids);
  });
});
