import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { renderStateMachines } from './state-machine-document.js';
import {
  assertTransition,
  MODEL_VERSION_TRANSITIONS,
  RELEASE_TRANSITIONS,
  TRAINING_RUN_TRANSITIONS,
  UPGRADE_EXPERIMENT_TRANSITIONS,
} from './transitions.js';

const tables: [string, Readonly<Record<string, readonly string[]>>, string, string[]][] = [
  ['training run', TRAINING_RUN_TRANSITIONS, 'validating_files', ['succeeded', 'failed', 'cancelled']],
  ['model version', MODEL_VERSION_TRANSITIONS, 'registered', ['rejected']],
  ['release', RELEASE_TRANSITIONS, 'shadow', ['completed', 'rolled_back', 'superseded', 'aborted']],
  ['upgrade experiment', UPGRADE_EXPERIMENT_TRANSITIONS, 'training_from', ['succeeded', 'failed', 'cancelled']],
];

describe.each(tables)('the transitions of a %s', (subject, table, first, last) => {
  const states = Object.keys(table);
  const pairs = states.flatMap((from) => states.map((to) => ({ from, to })));

  it('lead only to states that exist, and from the first state to each of them', () => {
    const reached = new Set([first]);
    for (const state of reached) for (const next of table[state] ?? ['missing']) reached.add(next);
    expect([...reached].sort()).toEqual([...states].sort());
  });

  it('end in the last states and only there', () => {
    expect(states.filter((state) => table[state]?.length === 0).sort()).toEqual([...last].sort());
  });

  it.each(pairs)('are checked from $from to $to', ({ from, to }) => {
    const check = (): void => assertTransition(table, `${subject} x`, from, to);
    if (table[from]?.includes(to)) {
      expect(check).not.toThrow();
      return;
    }
    expect(check).toThrow(`The ${subject} x is ${from} and cannot become ${to};`);
    try {
      check();
    } catch (error) {
      expect(isCodedError(error, 'conflict')).toBe(true);
    }
  });
});

describe('a refused transition', () => {
  it('says what would be possible', () => {
    const from = (state: keyof typeof MODEL_VERSION_TRANSITIONS) => () =>
      assertTransition(MODEL_VERSION_TRANSITIONS, 'version v', state, 'registered');
    expect(from('released')).toThrow('it can only become retired or rolled_back.');
    expect(from('rejected')).toThrow('it is in its last state.');
  });
});

describe('the drawings in ARCHITECTURE.md', () => {
  it('are those of the tables; run "npm run documents" after a change', () => {
    const architecture = readFileSync(new URL('../../../../ARCHITECTURE.md', import.meta.url), 'utf8');
    expect(architecture).toContain(renderStateMachines());
  });
});
