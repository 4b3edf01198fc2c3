import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkdownProse } from './markdown-prose.js';

function prose(...pieces: string[]): string {
  const markdown = new MarkdownProse();
  return pieces.map((piece) => markdown.push(piece)).join('') + markdown.finish();
}

/** Paragraphs of the prose, in single lines. */
function paragraphs(text: string): string[] {
  return prose(text)
    .split(/\n\s*\n/u)
    .map((paragraph) => paragraph.replaceAll(/\s+/gu, ' ').trim())
    .filter((paragraph) => paragraph !== '');
}

const DOCUMENT = `---
title: Front matter
---
# A *title* #

First paragraph, with [a link
over two lines](https://example.org/a_b) and **bold** and \`code\`.
It goes on. <!-- a comment
that goes on --> The end.

![badge](https://example.org/badge.svg) [![x](y)](z)

- one item
- [x] another_item with _emphasis_
1. a third

\`\`\`js
const hidden = 1;
\`\`\`

| a | b |
|---|---|
| hidden | hidden |

Name | Value
---- | -----
hidden | hidden

    hidden code

> A quotation &amp; <b>more</b> at <https://example.org>.

[ref]: https://example.org/hidden
Setext
======
Last, see [the page][ref] and 2 < 3 \\*.`;

describe('MarkdownProse', () => {
  it('keeps prose and drops code, tables, comments, images and link targets', () => {
    expect(paragraphs(DOCUMENT)).toEqual([
      'A title',
      'First paragraph, with a link over two lines and bold and code. It goes on. The end.',
      'one item',
      'another_item with emphasis',
      'a third',
      'A quotation & more at .',
      'Setext',
      'Last, see the page and 2 < 3 *.',
    ]);
  });

  it('drops the entries of a table of contents', () => {
    expect(paragraphs('- [Install](#install)\n- [Use it](#use)\n\nText')).toEqual(['Text']);
  });

  it('closes a code block only with a fence that is as long', () => {
    expect(paragraphs('````\n```\nhidden\n```\n````\nText')).toEqual(['Text']);
  });

  it('finds the same however the text is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(DOCUMENT.length), { maxLength: 6 }), (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), DOCUMENT.length];
        expect(prose(...borders.slice(1).map((end, index) => DOCUMENT.slice(borders[index], end)))).toBe(
          prose(DOCUMENT),
        );
      }),
    );
  });

  it('finds the same in a line of 100,000 characters however it is cut', () => {
    const line = `${'some *words* '.repeat(10_000)}\nend`;
    expect(prose(line.slice(0, 70_000), line.slice(70_000, 70_001), line.slice(70_001))).toBe(prose(line));
  });

  it('reads hostile lines of 100,000 characters', () => {
    for (const part of [
      '[',
      '![',
      '<a',
      '`',
      '**',
      '_ ',
      '[](',
      'http://',
      '|',
      '> ',
      '- ',
      '<!--',
      '[[a]',
      '&a',
      '# ',
      '=',
      '-',
      ' ',
    ]) {
      expect(prose(part.repeat(100_000 / part.length)).length).toBeLessThanOrEqual(100_004);
    }
  });

  it('reads any text without an error', () => {
    const pieces = fc.constantFrom(
      '# ',
      '- ',
      '```',
      '\n',
      '\n\n',
      '    ',
      '| a |',
      '---',
      '<!--',
      '-->',
      '[a](b)',
      '<pre>',
      '</pre>',
      'word ',
      '> ',
      '+++',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        expect(typeof prose(parts.join(''))).toBe('string');
      }),
    );
  });
});
