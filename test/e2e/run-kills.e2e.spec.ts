import { describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { drillKills } from '../soak/kill-drill.js';

guardAgainstLeaks();

const SEED = 20_261_122;

describe('a run whose training process, trainer and database are killed at random moments', () => {
  // The long form is "npm run soak -- --kills 200"; it prints its seed.
  it(`ends once, with the weights of a run that nobody disturbed (seed ${SEED})`, { timeout: 600_000 }, async () => {
    const lines: string[] = [];
    const result = await drillKills({ kills: 6, seed: SEED, tell: (line) => lines.push(line) }).catch(
      (error: unknown) => {
        throw new Error(lines.join('\n'), { cause: error });
      },
    );
    expect(result.kills).toEqual({ child: 2, worker: 2, postgres: 2 });
    expect(result.overlaps).toEqual([]);
    expect(result.referenceSha256).toMatch(/^[0-9a-f]{64}$/);
    const asWithoutKills = { state: 'succeeded', versions: 1, weightsSha256: result.referenceSha256 };
    expect(result.runs.map(({ state, versions, weightsSha256 }) => ({ state, versions, weightsSha256 }))).toEqual(
      result.runs.map(() => asWithoutKills),
    );
    expect(result.runs.length).toBeGreaterThan(0);
  });
});
