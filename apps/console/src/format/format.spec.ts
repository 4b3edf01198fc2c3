import { describe, expect, it } from 'vitest';
import { bytes, compact, count, decimal, percent, points, rate, signed } from './numbers.js';
import { durationMs, relativeTime } from './times.js';

describe('numbers for people', () => {
  it.each([
    [count(12345), '12,345'],
    [compact(4770576), '4.77M'],
    [decimal(3.14159, 2), '3.14'],
    [decimal(0.00001, 3), '1.0e-5'],
    [decimal(0, 3), '0.000'],
    [percent(0.20412), '20.4%'],
    [points(1.23), '+1.2 pts'],
    [signed(-0.5), '−0.50'],
    [signed(0), '0.00'],
    [bytes(999), '999 B'],
    [bytes(1234567), '1.23 MB'],
    [bytes(999_999), '1 MB'],
    [rate(12.345, 'tok/s'), '12.3 tok/s'],
    [rate(1234, 'tok/s'), '1.23K tok/s'],
  ])('%s is %s', (shown, wanted) => expect(shown).toBe(wanted));

  it.each([null, undefined, Number.NaN, Infinity])('%s is a dash and never the word for it', (value) => {
    for (const format of [count, compact, decimal, percent, points, signed, bytes, durationMs])
      expect(format(value)).toBe('–');
  });
});

describe('times for people', () => {
  it.each([
    [durationMs(0), '0 ms'],
    [durationMs(4.25), '4.3 ms'],
    [durationMs(1234), '1.2 s'],
    [durationMs(83_000), '1 min 23 s'],
    [durationMs(3_599_999), '60 min'],
    [durationMs(90 * 60_000), '1 h 30 min'],
    [durationMs(26 * 3_600_000), '1 d 2 h'],
    [relativeTime(100, 104_000), 'just now'],
    [relativeTime(100, 130_000), '30 s ago'],
    [relativeTime(100, 100_000 + 59 * 60_000), '59 min ago'],
    [relativeTime(200_000, 100_000_000), 'in 1 d'],
  ])('%s is %s', (shown, wanted) => expect(shown).toBe(wanted));
});
