import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { textOf } from '../server-under-test.js';

const { standard, extension } = checksOf('sampling');

/** Requests that run beside one whose text must not change. */
const NEIGHBOURS = 31;
/** Two token ids that any vocabulary has, far above the special ones. */
const [FIRST, SECOND] = [5, 6];

/** How tokens are drawn. */
export const samplingChecks: readonly Check[] = [
  standard('temperature 0 takes the likeliest tokens, whatever the seed', async (server) => {
    const [one, other] = [await server.choice({ temperature: 0 }), await server.choice({ temperature: 0, seed: 8 })];
    assert.equal(one.text, other.text);
  }),
  standard('temperature 0 takes the token that logprobs ranks first', async (server) => {
    const { logprobs } = await server.choice({ temperature: 0, logprobs: 5 });
    for (const [at, chosen] of (logprobs?.token_logprobs ?? []).entries()) {
      const top = Object.values(logprobs?.top_logprobs?.[at] ?? {});
      assert.ok((chosen ?? -Infinity) >= Math.max(...top) - 1e-6, `Token ${at}: ${chosen ?? 'null'} of ${top.join()}`);
    }
  }),
  standard('a tiny top_p takes the likeliest tokens', async (server) => {
    assert.equal((await server.choice({ top_p: 1e-6 })).text, (await server.choice({ temperature: 0 })).text);
  }),
  standard('the same seed gives the same text, other seeds give others', async (server) => {
    const text = async (seed: number): Promise<string> => (await server.choice({ seed, max_tokens: 16 })).text;
    assert.equal(await text(1), await text(1));
    assert.ok(new Set([await text(1), await text(2), await text(3), await text(4)]).size > 1, 'Seeds change nothing.');
  }),
  standard('without a seed texts differ from call to call', async (server) => {
    const fields = { seed: undefined, max_tokens: 24, temperature: 1.5 };
    const texts = new Set<string>();
    for (let call = 0; call < 4; call++) texts.add((await server.choice(fields)).text);
    assert.ok(texts.size > 1, 'Four calls gave the same text.');
  }),
  extension('a text does not depend on what else is generated, streamed or not', async (server) => {
    const fields = { max_tokens: 24, temperature: 1.2, top_p: 0.95 };
    const { text } = await server.choice(fields);
    const neighbours = Array.from({ length: NEIGHBOURS }, (_, seed) =>
      server.choice({ ...fields, seed: 100 + seed, max_tokens: 1 + (seed % 24) }),
    );
    const [among, streamed] = await Promise.all([server.choice(fields), server.stream(fields), ...neighbours]);
    assert.equal(among.text, text);
    assert.equal(textOf(streamed), text);
  }),
  standard('a bias of 100 makes a token certain', async (server) => {
    const { logprobs } = await server.choice({ logit_bias: { [FIRST]: 100 }, max_tokens: 4, logprobs: 0 });
    assert.equal(logprobs?.tokens.length, 4);
    assert.equal(new Set(logprobs.tokens.map((token) => token.trim())).size, 1, logprobs.tokens.join());
  }),
  standard('a bias of -100 forbids a token', async (server) => {
    const likeliest = await server.choice({ temperature: 0, logit_bias: { [FIRST]: 100 }, max_tokens: 4 });
    const without = await server.choice({
      temperature: 0,
      logit_bias: { [FIRST]: -100, [SECOND]: 100 },
      max_tokens: 4,
    });
    assert.notEqual(likeliest.text, without.text);
  }),
  standard('a frequency penalty makes tokens that come often give way', async (server) => {
    const fields = { temperature: 0, logit_bias: { [FIRST]: 100, [SECOND]: 100 }, max_tokens: 64, logprobs: 0 };
    const { logprobs } = await server.choice({ ...fields, frequency_penalty: 2 });
    const words = new Set(logprobs?.tokens.map((token) => token.trim()));
    assert.equal(words.size, 2, `Both words come in turn; got ${[...words].join()}`);
  }),
  standard('log-probabilities are those of the model, before temperature, bias and penalties', async (server) => {
    const fields = { max_tokens: 1, temperature: 0, logprobs: 5 };
    const plain = await server.choice(fields);
    const changed = await server.choice({
      ...fields,
      temperature: 1,
      logit_bias: { [FIRST]: 100 },
      presence_penalty: 2,
    });
    // The chosen token is always among them, and another one was chosen.
    const chosen = [plain, changed].flatMap(({ logprobs }) => logprobs?.tokens[0] ?? []);
    assert.deepEqual(
      likeliestBut(chosen, changed.logprobs?.top_logprobs?.[0]),
      likeliestBut(chosen, plain.logprobs?.top_logprobs?.[0]),
    );
  }),
];

/** The three likeliest tokens besides those that were chosen. */
function likeliestBut(chosen: readonly string[], top: Readonly<Record<string, number>> | null | undefined): unknown {
  const others = Object.entries(top ?? {}).filter(([token]) => !chosen.includes(token));
  return others.sort(([, a], [, b]) => b - a).slice(0, 3);
}
