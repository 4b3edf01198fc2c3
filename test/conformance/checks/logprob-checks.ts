import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import type { Choice, Logprobs } from '../protocol.js';

const { standard } = checksOf('logprobs');

/** Scoring may compute in another precision than generating. */
const TOLERANCE = 0.05;

/** What is told of the tokens' probabilities, and of the prompt's. */
export const logprobChecks: readonly Check[] = [
  standard('logprobs are null unless asked for', async (server) => {
    assert.equal((await server.choice()).logprobs, null);
  }),
  standard('logprobs 0 tells the chosen tokens, in the legacy shape', async (server) => {
    const choice = await server.choice({ logprobs: 0 });
    const { token_logprobs } = assertLogprobs(choice);
    assert.ok(token_logprobs.length > 0, 'There are no tokens.');
    for (const value of token_logprobs) assert.ok(value !== null && value <= 0, `${value ?? 'null'} is no logarithm.`);
  }),
  standard('logprobs k tells the k likeliest tokens, and the chosen one among them', async (server) => {
    const { tokens, token_logprobs, top_logprobs } = assertLogprobs(await server.choice({ logprobs: 5 }));
    assert.ok(top_logprobs, 'top_logprobs is null.');
    for (const [at, top] of top_logprobs.entries()) {
      const size = Object.keys(top ?? {}).length;
      assert.ok(size >= 1 && size <= 6, `Token ${at} has ${size} of them.`);
      const told = top?.[tokens[at] ?? ''];
      assert.ok(told !== undefined, `The chosen ${JSON.stringify(tokens[at])} is not among ${JSON.stringify(top)}`);
      assert.ok(Math.abs(told - (token_logprobs[at] ?? 0)) < TOLERANCE, `Token ${at} has two values.`);
      const sum = Object.values(top ?? {}).reduce((total, value) => total + Math.exp(value), 0);
      assert.ok(sum <= 1 + TOLERANCE, `The probabilities of token ${at} sum up to ${sum}.`);
    }
  }),
  standard('echo begins the text with the prompt', async (server) => {
    const prompt = 'The old man';
    const plain = await server.choice({ prompt, temperature: 0 });
    const { text } = await server.choice({ prompt, temperature: 0, echo: true });
    assert.equal(text, prompt + plain.text);
  }),
  standard('echo of token ids begins with the text that they stand for', async (server) => {
    const { text } = await server.choice({ prompt: [5, 6, 7], echo: true, temperature: 0 });
    const plain = await server.choice({ prompt: [5, 6, 7], temperature: 0 });
    assert.ok(text.length > plain.text.length && text.endsWith(plain.text), JSON.stringify([text, plain.text]));
  }),
  standard('echo with logprobs scores the prompt; the first token has null', async (server) => {
    const { choices, usage } = await server.complete({ echo: true, logprobs: 0, max_tokens: 2 });
    const { token_logprobs } = assertLogprobs(choices[0]);
    assert.equal(token_logprobs[0], null);
    assert.ok(
      token_logprobs.slice(1).every((value) => value !== null && value <= 0),
      token_logprobs.join(),
    );
    assert.ok(token_logprobs.length >= (usage?.prompt_tokens ?? 0), 'There are fewer tokens than the prompt has.');
  }),
  standard('max_tokens 0 with echo and logprobs only scores', async (server) => {
    const { choices, usage } = await server.complete({ echo: true, logprobs: 3, max_tokens: 0 });
    const { token_logprobs, top_logprobs } = assertLogprobs(choices[0]);
    assert.equal(usage?.completion_tokens, 0);
    assert.equal(token_logprobs.length, usage.prompt_tokens);
    assert.equal(top_logprobs?.[0], null);
    assert.equal(choices[0]?.finish_reason, 'length');
  }),
  standard('a text is scored with the values that it was generated with', async (server) => {
    const prompt = [5, 6, 7];
    const generated = assertLogprobs(
      await server.choice({ prompt, echo: true, logprobs: 0, temperature: 0, max_tokens: 8 }),
    );
    const scored = assertLogprobs(await server.choice({ prompt, echo: true, logprobs: 0, max_tokens: 0 }));
    for (const [at, value] of scored.token_logprobs.entries()) {
      const other = generated.token_logprobs[at];
      assert.ok(
        Math.abs((value ?? 0) - (other ?? 0)) < TOLERANCE,
        `Token ${at}: ${value ?? 'null'}, ${other ?? 'null'}`,
      );
    }
  }),
  standard('several prompts are scored each by itself', async (server) => {
    const prompt = ['The old man', 'It was a'];
    const { choices } = await server.complete({ prompt, echo: true, logprobs: 0, max_tokens: 0 });
    for (const [index, one] of prompt.entries()) {
      const alone = assertLogprobs(await server.choice({ prompt: one, echo: true, logprobs: 0, max_tokens: 0 }));
      assert.deepEqual(assertLogprobs(choices[index]).token_logprobs, alone.token_logprobs, `prompt ${index}`);
    }
  }),
];

/** Checks that the lists of a choice fit together and to its text. */
export function assertLogprobs(choice: Choice | undefined): Logprobs {
  const { text, logprobs } = choice ?? {};
  assert.ok(text !== undefined && logprobs, 'There are no logprobs.');
  const { tokens, token_logprobs, top_logprobs, text_offset } = logprobs;
  assert.equal(tokens.join(''), text, 'The tokens put together are not the text.');
  assert.equal(token_logprobs.length, tokens.length, 'token_logprobs has another length than tokens.');
  assert.equal(text_offset.length, tokens.length, 'text_offset has another length than tokens.');
  if (top_logprobs) assert.equal(top_logprobs.length, tokens.length, 'top_logprobs has another length than tokens.');
  let offset = text_offset[0] ?? 0;
  for (const [at, token] of tokens.entries()) {
    assert.equal(text_offset[at], offset, `text_offset of token ${at}`);
    offset += token.length;
  }
  return logprobs;
}
