import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.js';
import { redrawArms, type RecordedObservation } from './redraw-arms.js';

const TEXT: Observation = {
  metric: 'paired_loss',
  arm: 'both',
  share: 0,
  value: 1,
  firstOfClient: true,
  atMs: 0,
  stageIndex: 0,
};
const ERROR: Observation = { ...TEXT, metric: 'errors', arm: 'candidate', share: 0.25, stageIndex: 2 };
const record = (observation: Observation, requestId: string | null = null, client: string | null = null) => ({
  observation,
  requestId,
  client,
});
const many = (count: number, make: (index: number) => RecordedObservation): RecordedObservation[] =>
  Array.from({ length: count }, (_, index) => make(index));
const candidateShare = (observations: readonly Observation[]): number =>
  observations.filter(({ arm }) => arm === 'candidate').length / observations.length;

describe('redrawArms', () => {
  it('draws each arm again with its share, whatever it was', () => {
    const redrawn = redrawArms(
      many(4_000, () => record(ERROR)),
      { seed: 1, textsTogether: 1 },
    );
    expect(candidateShare(redrawn)).toBeGreaterThan(0.22);
    expect(candidateShare(redrawn)).toBeLessThan(0.28);
  });

  it('lets a coin say which version a difference favours', () => {
    const redrawn = redrawArms(
      many(1_000, () => record(TEXT)),
      { seed: 1, textsTogether: 1 },
    );
    const sum = redrawn.reduce((total, { value }) => total + value, 0);
    expect(Math.abs(sum)).toBeLessThan(100);
    expect(new Set(redrawn.map(({ value }) => value))).toEqual(new Set([-1, 1]));
  });

  it('keeps texts together that are to be kept together', () => {
    const values = redrawArms(
      many(1_000, () => record(TEXT)),
      { seed: 2, textsTogether: 50 },
    ).map(({ value }) => value);
    for (let run = 0; run < 20; run++) expect(new Set(values.slice(50 * run, 50 * run + 50)).size).toBe(1);
    expect(new Set(values).size).toBe(2);
  });

  it.each([
    ['request', 'request-1', null],
    ['client', null, 'client-1'],
  ])('draws one arm for a %s, over all of its events', (_name, requestId, client) => {
    for (let seed = 1; seed <= 20; seed++) {
      const events = [ERROR, { ...ERROR, metric: 'latency' as const }, ERROR].map((observation) =>
        record(observation, requestId, client),
      );
      expect(new Set(redrawArms(events, { seed, textsTogether: 1 }).map(({ arm }) => arm)).size).toBe(1);
    }
  });

  it('divides counted requests anew, and loses none', () => {
    const counted = [record({ ...ERROR, metric: 'requests', value: 4_000 })];
    const [candidate, incumbent] = redrawArms(counted, { seed: 3, textsTogether: 1 });
    expect([candidate?.arm, incumbent?.arm]).toEqual(['candidate', 'incumbent']);
    expect(candidate!.value + incumbent!.value).toBe(4_000);
    expect(candidate!.value / 4_000).toBeGreaterThan(0.22);
    expect(candidate!.value / 4_000).toBeLessThan(0.28);
  });

  it('gives the same with the same seed, and leaves the rest as it was', () => {
    const recorded = [...many(20, () => record(ERROR)), ...many(20, () => record(TEXT))];
    const options = { seed: 5, textsTogether: 3 };
    expect(redrawArms(recorded, options)).toEqual(redrawArms(recorded, options));
    expect(redrawArms(recorded, { ...options, seed: 6 })).not.toEqual(redrawArms(recorded, options));
    expect(redrawArms(recorded, options).map(({ share, metric }) => [share, metric])).toEqual(
      recorded.map(({ observation }) => [observation.share, observation.metric]),
    );
  });
});
