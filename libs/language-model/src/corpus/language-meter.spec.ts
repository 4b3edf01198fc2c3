import { describe, expect, it } from 'vitest';
import { LanguageMeter } from './language-meter.js';

function verdict(text: string, pieceLength = text.length): string | null {
  const meter = new LanguageMeter();
  for (let start = 0; start < text.length; start += pieceLength) meter.push(text.slice(start, start + pieceLength));
  return meter.verdict();
}

const PROSE = 'The captain watched the garden, and found the old lamp; "isn’t it bright?" he said in 1887.\n\n'.repeat(
  20,
);
const RUSSIAN = 'Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n'.repeat(
  20,
);

describe('LanguageMeter', () => {
  it('takes prose of any alphabet for language', () => {
    expect([verdict(PROSE), verdict(RUSSIAN)]).toEqual([null, null]);
  });

  it('says why tables of numbers and encoded bytes are not', () => {
    expect(verdict('2026-11-22;17.25;0.003;-1\n'.repeat(100))).toBe('only 0% of its characters are letters');
    expect(verdict(Buffer.from(PROSE).toString('base64'))).toMatch(/^its words have \d+ characters on average$/u);
  });

  it('does not judge a short text', () => {
    expect(verdict('42 '.repeat(100))).toBeNull();
  });

  it('says the same however the text is cut', () => {
    for (const text of [PROSE, '1 2 3 x\n'.repeat(500)]) expect(verdict(text, 7)).toBe(verdict(text));
  });
});
