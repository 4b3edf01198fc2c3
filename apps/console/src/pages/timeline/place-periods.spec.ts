import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../serving/serving-types.js';
import { periodsOf, placePeriods, type Period } from './place-periods.js';

function period(version: string, from: number, to: number | null): Period {
  return { id: `${version} ${from}`, version, role: 'incumbent', share: 1, from, to, release: null };
}

describe('who served when', () => {
  it('is read from the entries that tell of it alone', () => {
    const entry = { object: 'timeline_entry', id: 'period-1', at: 100, actor: null, message: null, release: 'rel-1' };
    const data = { version: 'ft:a', share: 0.05, until: '1970-01-01T00:03:20.000Z', cause: 'audit-1' };
    const entries = [
      { ...entry, source: 'serving', kind: 'candidate', data },
      { ...entry, id: 'audit-1', source: 'audit', kind: 'deployment.promote', data: {} },
    ] as TimelineEntry[];
    expect(periodsOf(entries)).toEqual([
      { id: 'period-1', version: 'ft:a', role: 'candidate', share: 0.05, from: 100, to: 200, release: 'rel-1' },
    ]);
  });

  it('stands on a line for each version, cut at both ends', () => {
    const lines = placePeriods([period('a', 0, 60), period('b', 60, null), period('a', 50, 70)], 50, 150);
    expect(lines.map(({ version }) => version)).toEqual(['b', 'a']);
    expect(lines[0]?.bars).toMatchObject([{ left: 0.1, width: 0.9 }]);
    expect(lines[1]?.bars.map(({ left, width }) => [left, width])).toEqual([
      [0, 0.2],
      [0, 0.1],
    ]);
  });

  it('leaves away what was over before and what began after', () => {
    expect(placePeriods([period('a', 0, 10), period('b', 500, null)], 50, 150)).toEqual([]);
  });
});
