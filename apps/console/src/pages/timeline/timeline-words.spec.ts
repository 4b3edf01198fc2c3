import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../serving/serving-types.js';
import { byDay, sentenceOf, titleOf } from './timeline-words.js';

function entry(change: Partial<TimelineEntry>): TimelineEntry {
  const rest = { object: 'timeline_entry', id: 'x', at: 0, source: 'audit', actor: null, message: null, release: null };
  return { ...rest, kind: 'deployment.promote', data: {}, ...change } as TimelineEntry;
}

describe('a line of the history', () => {
  it('always says something, also when nobody gave a reason', () => {
    expect(sentenceOf(entry({ data: { from: null, to: 'ft:a' } }))).toBe('From nothing to ft:a.');
    expect(sentenceOf(entry({ data: { from: 'ft:a', to: 'ft:b' }, message: 'Better.' }))).toBe(
      'From ft:a to ft:b. Better.',
    );
    expect(sentenceOf(entry({ kind: 'deployment.pin' }))).toBe('No reason given.');
    const served = entry({ source: 'serving', kind: 'candidate', data: { version: 'ft:b', share: 0.05 } });
    expect(sentenceOf(served)).toBe('ft:b with 5% of the requests');
    expect(titleOf(served)).toEqual({ title: 'serves as candidate', tone: 'neutral' });
    expect(titleOf(entry({ source: 'release', kind: 'rolled_back' }))).toEqual({ title: 'rolled back', tone: 'bad' });
  });

  it('stands below its day', () => {
    const days = byDay([entry({ at: 25 }), entry({ at: 21 }), entry({ at: 13 })], (at) => String(Math.floor(at / 10)));
    expect(days.map(([day, { length }]) => [day, length])).toEqual([
      ['2', 2],
      ['1', 1],
    ]);
  });
});
