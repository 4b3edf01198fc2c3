import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertRefused } from '../error-shape.js';
import { assertLogprobs } from './logprob-checks.js';

const { extension } = checksOf('extensions');

/** Fields that OpenAI's protocol does not have; other servers use the same names. */
export const extensionChecks: readonly Check[] = [
  extension('top_k 1 and min_p 1 take the likeliest tokens', async (server) => {
    const { text } = await server.choice({ temperature: 0 });
    assert.equal((await server.choice({ top_k: 1 })).text, text, 'top_k');
    assert.equal((await server.choice({ min_p: 1 })).text, text, 'min_p');
  }),
  extension('top_k k draws among the k likeliest tokens', async (server) => {
    const { logprobs } = await server.choice({ top_k: 3, logprobs: 3, temperature: 2, max_tokens: 16 });
    for (const [at, top] of (logprobs?.top_logprobs ?? []).entries())
      assert.ok(Object.keys(top ?? {}).length <= 3, `Token ${at} is not among the three likeliest.`);
  }),
  extension('typical_p and repetition_penalty are taken and change texts', async (server) => {
    const fields = { max_tokens: 32, temperature: 1.5 };
    const { text } = await server.choice(fields);
    assert.notEqual((await server.choice({ ...fields, typical_p: 0.2 })).text, text);
    assert.notEqual((await server.choice({ ...fields, repetition_penalty: 10 })).text, text);
  }),
  extension('values of extensions that change nothing change nothing', async (server) => {
    const neutral = { top_k: 0, min_p: 0, typical_p: 1, repetition_penalty: 1, no_repeat_ngram_size: 0, min_tokens: 0 };
    assert.equal((await server.choice(neutral)).text, (await server.choice()).text);
  }),
  extension('no_repeat_ngram_size 2 lets no two tokens come twice in a row', async (server) => {
    const { logprobs } = await server.choice({
      no_repeat_ngram_size: 2,
      prompt: null,
      temperature: 0,
      max_tokens: 48,
      logprobs: 0,
    });
    const pairs = (logprobs?.tokens ?? []).slice(1).map((token, at) => `${logprobs?.tokens[at] ?? ''}|${token}`);
    assert.equal(new Set(pairs).size, pairs.length, 'A pair of tokens comes twice.');
  }),
  extension('ignore_eos goes on to max_tokens', async (server) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { choices, usage } = await server.complete({ ignore_eos: true, max_tokens: 100, seed });
      assert.equal(choices[0]?.finish_reason, 'length');
      assert.equal(usage?.completion_tokens, 100);
    }
  }),
  extension('min_tokens come before a stop text counts', async (server) => {
    const stop = (await server.greedyText()).slice(1, 3);
    const fields = { temperature: 0, max_tokens: 16, stop, logprobs: 0 };
    const early = await server.complete(fields);
    const late = await server.complete({ ...fields, min_tokens: 12 });
    assert.ok((early.usage?.completion_tokens ?? 16) < 12, 'The stop text does not come early.');
    assert.ok((late.usage?.completion_tokens ?? 0) >= 12, `Got ${late.usage?.completion_tokens ?? 0} tokens.`);
  }),
  extension('truncate_prompt_tokens reads the last tokens of the prompt only', async (server) => {
    const { usage, choices } = await server.complete({
      prompt: [9, 8, 5, 6, 7],
      truncate_prompt_tokens: 3,
      temperature: 0,
    });
    assert.equal(usage?.prompt_tokens, 3);
    assert.equal(choices[0]?.text, (await server.choice({ prompt: [5, 6, 7], temperature: 0 })).text);
  }),
  extension('a beam search of width 1 takes the likeliest tokens', async (server) => {
    const beam = await server.choice({ use_beam_search: true, beam_width: 1, ignore_eos: true });
    assert.equal(beam.text, (await server.choice({ temperature: 0, ignore_eos: true })).text);
  }),
  extension('a beam search gives n texts, the likeliest first, the same at each call', async (server) => {
    const fields = { use_beam_search: true, beam_width: 6, n: 3, logprobs: 0, ignore_eos: true };
    const { choices } = await server.complete(fields);
    const again = await server.complete({ ...fields, seed: 99 });
    assert.deepEqual(
      again.choices.map(({ text }) => text),
      choices.map(({ text }) => text),
    );
    const sums = choices.map((choice) =>
      assertLogprobs(choice).token_logprobs.reduce((sum: number, value) => sum + (value ?? 0), 0),
    );
    assert.deepEqual(
      sums,
      [...sums].sort((a, b) => b - a),
    );
    assert.equal(new Set(choices.map(({ text }) => text)).size, 3);
  }),
  extension('fields of a beam search are refused without one, and it refuses what it does not heed', async (server) => {
    await assertRefused(server, { beam_width: 4 }, 'beam_width');
    await assertRefused(server, { length_penalty: 1 }, 'length_penalty');
    await assertRefused(server, { use_beam_search: true, beam_width: 2, n: 3 }, 'beam_width');
    await assertRefused(server, { use_beam_search: true, stream: true }, 'stream');
    await assertRefused(server, { use_beam_search: true, top_p: 0.5 }, 'top_p');
  }),
];
