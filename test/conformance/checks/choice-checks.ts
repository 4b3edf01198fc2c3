import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import type { Choice } from '../protocol.js';

const { standard, extension } = checksOf('choices');

/** How many texts come back, and which. */
export const choiceChecks: readonly Check[] = [
  standard('n texts come for each prompt, ordered by prompt', async (server) => {
    const { choices } = await server.complete({ prompt: ['The', 'It was'], n: 3 });
    assert.deepEqual(
      choices.map(({ index }) => index),
      [0, 1, 2, 3, 4, 5],
    );
  }),
  standard('the n texts of a prompt differ', async (server) => {
    const { choices } = await server.complete({ n: 4, max_tokens: 24, temperature: 1.5 });
    assert.ok(new Set(choices.map(({ text }) => text)).size > 1, 'All four texts are the same.');
  }),
  standard('usage counts the prompt once and the tokens of every text', async (server) => {
    const one = await server.complete({ n: 1 });
    const { usage, choices } = await server.complete({ n: 3, logprobs: 0 });
    assert.equal(usage?.prompt_tokens, one.usage?.prompt_tokens);
    const tokens = choices.reduce((sum, { logprobs }) => sum + (logprobs?.tokens.length ?? 0), 0);
    if (choices.every(({ finish_reason }) => finish_reason === 'length'))
      assert.equal(usage?.completion_tokens, tokens);
  }),
  standard('best_of returns n texts and counts the tokens of all that were generated', async (server) => {
    const { choices, usage } = await server.complete({ n: 2, best_of: 4, logprobs: 0 });
    assert.deepEqual(
      choices.map(({ index }) => index),
      [0, 1],
    );
    if (choices.every(({ finish_reason }) => finish_reason === 'length'))
      assert.ok((usage?.completion_tokens ?? 0) > 2 * 8, `Got ${usage?.completion_tokens ?? 0} tokens.`);
  }),
  extension('best_of returns the texts with the highest log-probability per token', async (server) => {
    const fields = { logprobs: 0, temperature: 1.5, ignore_eos: true };
    const all = await server.complete({ ...fields, n: 6 });
    const best = await server.complete({ ...fields, n: 2, best_of: 6 });
    const ranked = [...all.choices].sort((a, b) => meanLogprob(b) - meanLogprob(a)).slice(0, 2);
    assert.deepEqual(
      best.choices.map(({ text }) => text),
      ranked.map(({ text }) => text),
    );
  }),
  extension('a request with more choices begins with those of the one with fewer', async (server) => {
    const few = await server.complete({ n: 2 });
    const more = await server.complete({ n: 4 });
    assert.deepEqual(
      more.choices.slice(0, 2).map(({ text }) => text),
      few.choices.map(({ text }) => text),
    );
  }),
];

function meanLogprob({ logprobs }: Choice): number {
  const values = logprobs?.token_logprobs ?? [];
  return values.reduce((sum: number, value) => sum + (value ?? 0), 0) / Math.max(1, values.length);
}
