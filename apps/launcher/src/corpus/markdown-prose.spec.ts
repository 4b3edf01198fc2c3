import { describe, expect, it } from 'vitest';
import { extractProse } from './markdown-prose.js';

const SENTENCE = 'The lock is taken once and given back when the process ends.';

describe('prose of Markdown', () => {
  it('keeps sentences and leaves out headings, code, tables, images and HTML', () => {
    const markdown = [
      '---\ntitle: Locks\n---',
      '# A heading that has many words in it and ends with a stop.',
      'Another heading of eight words that is underlined.\n===',
      SENTENCE,
      '```js\nconst lock = await take(); // The lock is taken once and given back.\n```',
      '    An indented line of code that looks like a sentence to everyone.',
      '| a table | with two columns and with many words |\n|---|---|',
      '![A picture of a lock that nobody wants to read about.](lock.png)',
      '<!-- A comment that would otherwise be a sentence with many words. -->',
      '[lock]: https://example.com "A definition of a link with some words."',
      'Too short.',
    ].join('\n\n');
    expect(extractProse(markdown)).toEqual([SENTENCE]);
  });

  it('keeps the words of links, emphasis and inline code, without their marks', () => {
    const markdown =
      'The [lock](https://example.com) is **taken** once and _given_ back by `release` when [it][x] ends.';
    expect(extractProse(markdown)).toEqual(['The lock is taken once and given back by release when it ends.']);
  });

  it('takes the items of a list as paragraphs of their own', () => {
    const second = 'The second start waits until the first one has ended.';
    expect(extractProse(`- ${SENTENCE}\n- ${second}\n`)).toEqual([SENTENCE, second]);
  });

  it('leaves out paragraphs that are mostly signs and numbers', () => {
    expect(extractProse('f(x) = 3 * x + 17 - (4 / 2) => 12, 13, 14, 15, 16 [1] {2}.')).toEqual([]);
  });
});
