import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from './tokenizer.js';
import { VocabularyBuilder } from './vocabulary-builder.js';

const TEXT =
  'He said, "Don\'t go!" (THE cat sat; I did—well-known.)\n\n“Yes,” he said. \'Tis mine... NASA and McX & co. A b\'s "so"';

function tokenizerOf(text: string): Tokenizer {
  const builder = new VocabularyBuilder('text');
  builder.push(text);
  builder.endDocument();
  return builder.build([{ start: 0, length: builder.length }], { maxVocabularySize: 1_000 }).tokenizer;
}

const tokenizer = tokenizerOf(TEXT);
const anyIds = fc.array(fc.nat(tokenizer.vocabularySize - 1), { maxLength: 40 });

/** What is printed after a prompt that is given as text. */
function completion(prompt: string, continued: string): string {
  const decoder = tokenizer.createStreamDecoder(tokenizer.encode(prompt), prompt);
  return tokenizer
    .encode(continued)
    .map((id) => decoder.push(id))
    .join('');
}

describe('StreamDecoder', () => {
  it('prints in pieces what decode prints at once', () => {
    fc.assert(
      fc.property(anyIds, (ids) => {
        const decoder = tokenizer.createStreamDecoder();
        expect(ids.map((id) => decoder.push(id)).join('')).toBe(tokenizer.decode(ids));
      }),
    );
  });

  it('goes on after a prompt as if it had printed the prompt', () => {
    fc.assert(
      fc.property(anyIds, anyIds, (prompt, continued) => {
        const decoder = tokenizer.createStreamDecoder(prompt);
        const text = continued.map((id) => decoder.push(id)).join('');
        expect(tokenizer.decode(prompt) + text).toBe(tokenizer.decode([...prompt, ...continued]));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['The cat', 'sat', ' sat'],
    ['The cat ', 'sat', 'sat'],
    ['The cat\n', 'sat', 'sat'],
    ['The cat\n\n', 'sat', 'sat'],
    ['He said, "', 'Yes', 'Yes'],
    ['He said', ', "Yes', ', "Yes'],
    ['well-', 'known', 'known'],
    ['(', 'THE cat', 'THE cat'],
    ['', 'He said', 'He said'],
    ['He said.', '\n\nYes', ' Yes'],
  ])('joins the prompt %j and the completion %j with the right white space', (prompt, continued, expected) => {
    expect(completion(prompt, continued)).toBe(expected);
  });

  it('writes no blank line at the beginning and never two in a row', () => {
    const [paragraph = 0] = ['<p>'].map((text) => tokenizer.idOf(text) ?? 0);
    const [he = 0] = tokenizer.encode('he');
    expect(tokenizer.decode([paragraph, he, paragraph, paragraph, he])).toBe('he\n\nhe');
  });

  it('refuses an id outside of the vocabulary', () => {
    expect(() => tokenizer.decode([tokenizer.vocabularySize])).toThrow(RangeError);
  });
});
