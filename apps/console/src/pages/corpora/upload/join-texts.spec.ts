import { describe, expect, it } from 'vitest';
import { canJoin, joinTexts } from './join-texts.js';

const file = (name: string, text = ''): { name: string; text: () => Promise<string> } => ({
  name,
  text: () => Promise.resolve(text),
});

describe('joining texts', () => {
  it('is for several files of plain text', () => {
    expect(canJoin([file('a.txt'), file('B.MD')])).toBe(true);
    expect(canJoin([file('a.txt')])).toBe(false);
    expect(canJoin([file('a.txt'), file('b.zip')])).toBe(false);
  });

  it('keeps each as a document with its name, whatever is in it', async () => {
    const joined = await joinTexts([file('a.txt', 'One "line".\nAnother.'), file('b.txt', '')]);
    const lines = (await joined.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { name: 'a.txt', text: 'One "line".\nAnother.' },
      { name: 'b.txt', text: '' },
    ]);
  });
});
