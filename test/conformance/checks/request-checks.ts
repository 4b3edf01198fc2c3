import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertError, assertRefused } from '../error-shape.js';
import type { Fields } from '../protocol.js';

const { standard, extension } = checksOf('request');

/** Values that each field must refuse: wrong types, and both sides of its range. */
const REFUSED: Readonly<Record<string, readonly unknown[]>> = {
  max_tokens: [-1, 1.5, '16', true, []],
  n: [0, 129, -1, 1.5, '2'],
  best_of: [-1, 21, 1.5, '2'],
  temperature: [-0.1, 2.1, '1', true],
  top_p: [-0.1, 1.1, '1'],
  logprobs: [-1, 6, 1.5, true, '1'],
  echo: ['true', 1],
  stream: ['true', 1],
  presence_penalty: [-2.1, 2.1, '0'],
  frequency_penalty: [-2.1, 2.1, '0'],
  stop: ['', [], ['a', 'b', 'c', 'd', 'e'], ['a', ''], 5, ['a', 5]],
  seed: [1.5, '7', true],
  user: [5, {}],
  logit_bias: [{ 5: 101 }, { 5: -101 }, { 5: '1' }, [5], 'x'],
};

/** The same for fields that OpenAI's protocol does not have. */
const REFUSED_EXTENSIONS: Readonly<Record<string, readonly unknown[]>> = {
  top_k: [-1, 1.5, '5'],
  min_p: [-0.1, 1.1, '0'],
  typical_p: [0, 1.1, '1'],
  repetition_penalty: [0, -1, '1'],
  no_repeat_ngram_size: [-1, 1.5, '2'],
  min_tokens: [-1, 1.5, '2', 1000],
  ignore_eos: ['true', 1],
  use_beam_search: ['true', 1],
  truncate_prompt_tokens: [0, -1, 1.5, '2'],
};

/** Fields that may be null, which means the same as leaving them out. */
const NULLABLE = [...Object.keys(REFUSED), 'stream_options', 'suffix'];

const refuses = (table: Readonly<Record<string, readonly unknown[]>>, make: typeof standard): readonly Check[] =>
  Object.entries(table).map(([field, values]) =>
    make(`${field} refuses ${values.map((value) => JSON.stringify(value)).join(', ')}`, async (server) => {
      for (const value of values) await assertRefused(server, { [field]: value }, field);
    }),
  );

const nulls = (fields: readonly string[]): Fields => Object.fromEntries(fields.map((field) => [field, null]));

/** Which fields a request may have, and which values. */
export const requestChecks: readonly Check[] = [
  standard('model is required', async (server) => {
    await assertRefused(server, { model: undefined }, 'model');
  }),
  standard('an unknown model is a 404 with the code model_not_found', async (server) => {
    const answer = await server.send({ model: 'no-such-model' });
    assertError(answer, { status: 404, code: 'model_not_found', type: 'invalid_request_error' });
  }),
  ...refuses(REFUSED, standard),
  standard('a field that does not exist is refused by its name', async (server) => {
    await assertRefused(server, { temprature: 1 }, 'temprature');
  }),
  standard('null means the same as leaving a field out', async (server) => {
    const { usage } = await server.complete({ ...nulls(NULLABLE), seed: 7, max_tokens: null });
    assert.ok(usage && usage.completion_tokens <= 16, 'There is no usage, or more than 16 tokens.');
  }),
  standard('max_tokens is 16 unless said otherwise', async (server) => {
    const { usage, choices } = await server.complete({ max_tokens: undefined });
    const tokens = usage?.completion_tokens ?? 0;
    assert.ok(tokens <= 16, `Got ${tokens} tokens.`);
    if (choices[0]?.finish_reason === 'length') assert.equal(tokens, 16);
  }),
  standard('max_tokens 0 generates nothing', async (server) => {
    const { usage, choices } = await server.complete({ max_tokens: 0 });
    assert.deepEqual(
      choices.map(({ text, finish_reason }) => [text, finish_reason]),
      [['', 'length']],
    );
    assert.equal(usage?.completion_tokens, 0);
  }),
  standard('best_of less than n is refused, 0 counts as left out', async (server) => {
    await assertRefused(server, { n: 3, best_of: 2 }, 'best_of');
    assert.equal((await server.complete({ n: 2, best_of: 0 })).choices.length, 2);
  }),
  standard('best_of is refused with stream', async (server) => {
    await assertRefused(server, { best_of: 2, stream: true }, 'best_of');
  }),
  standard('stream_options is refused without stream', async (server) => {
    await assertRefused(server, { stream_options: { include_usage: true } }, 'stream_options');
  }),
  standard('stream_options refuses what is not an object and what it does not know', async (server) => {
    await assertRefused(server, { stream: true, stream_options: 'usage' }, 'stream_options');
    const answer = await server.send({ stream: true, stream_options: { include_all: true } });
    assertError(answer, { status: 400 });
  }),
  standard(
    'logit_bias takes a bias of 0 for anything, and refuses others on what is not a token id',
    async (server) => {
      await server.complete({ logit_bias: { foo: 0 } });
      await assertRefused(server, { logit_bias: { foo: 1 } }, 'logit_bias');
      await assertRefused(server, { logit_bias: { 99999999: 1 } }, 'logit_bias');
    },
  ),
  standard('user may be any text', async (server) => {
    await server.complete({ user: 'someone@example.org' });
  }),
  standard('a 53-bit seed is taken, negative too', async (server) => {
    for (const seed of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) await server.complete({ seed });
  }),
  extension('suffix is refused, since nothing fills it in', async (server) => {
    await assertRefused(server, { suffix: 'end' }, 'suffix');
  }),
  ...refuses(REFUSED_EXTENSIONS, extension),
];
