import { describe, expect, it } from 'vitest';
import { ruleLimit, ruleValue, verdictWords } from './verdict-words.js';

const presets = { from: 'small', to: 'medium', fallback: 'intermediate' };

describe('a verdict in words', () => {
  it.each([
    ['upgrade', 'before', 'medium is worth training'],
    ['upgrade', 'after', 'Upgrade to medium'],
    ['keep_small', 'before', 'Stay with small for now'],
    ['keep_small', 'after', 'Keep small'],
    ['use_intermediate', 'after', 'Use intermediate'],
    ['collect_more_data', 'after', 'Collect more text: about 1,500,000 training tokens'],
  ])('%s %s is "%s"', (verdict, stage, title) => {
    expect(verdictWords(verdict, stage, presets, 1_500_000).title).toBe(title);
  });
});

describe('numbers of rules', () => {
  it('have their unit, and the digits that count', () => {
    expect(ruleValue(38.25, '%')).toBe('38.3%');
    expect(ruleValue(2.5, 'points')).toBe('2.50 points');
    expect(ruleValue(0.0123, 'nats')).toBe('0.012 nats');
    expect(ruleValue(null, '%')).toBe('not measured');
    expect(ruleValue(1, 'findings')).toBe('1');
    expect(ruleValue(2.4, 'sequences per parameter')).toBe('2.40');
    expect(ruleLimit({ limit: { comparison: 'below', value: 3 }, unit: 'points' })).toBe('below 3 points');
    expect(ruleLimit({ limit: { comparison: 'at least', value: 35 }, unit: '%' })).toBe('at least 35%');
  });
});
