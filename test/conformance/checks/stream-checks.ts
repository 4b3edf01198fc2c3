import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertError } from '../error-shape.js';
import type { Choice, Logprobs, Stream } from '../protocol.js';
import { textOf } from '../server-under-test.js';
import { assertChoice, assertHead } from './response-checks.js';

const { standard } = checksOf('stream');

/** Answers in pieces. */
export const streamChecks: readonly Check[] = [
  standard('a stream is data lines, each ended by a blank line, the last of them [DONE]', async (server) => {
    const { headers, text } = await server.stream();
    assert.match(headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.ok(text.endsWith('data: [DONE]\n\n'), JSON.stringify(text.slice(-40)));
    for (const event of text.split('\n\n').slice(0, -1))
      assert.match(event, /^(data: (\{.*\}|\[DONE\])|:.*)$/, JSON.stringify(event));
  }),
  standard('chunks have the shape of an answer and share its head', async (server) => {
    const { chunks } = await server.stream({ n: 2 });
    const { id, created, model } = chunks[0] ?? {};
    for (const chunk of chunks) {
      assertHead(chunk);
      for (const choice of chunk.choices) assertChoice(choice);
      assert.deepEqual([chunk.id, chunk.created, chunk.model], [id, created, model]);
      assert.equal(chunk.usage ?? null, null, 'Usage was not asked for.');
    }
  }),
  standard('the pieces of each choice are its text, and its last piece has the finish_reason', async (server) => {
    const fields = { n: 3, prompt: ['The', 'It was'], max_tokens: 12 };
    const { choices } = await server.complete(fields);
    const stream = await server.stream(fields);
    for (const { index, text, finish_reason } of choices) {
      assert.equal(textOf(stream, index), text, `choice ${index}`);
      const pieces = piecesOf(stream, index);
      assert.equal(pieces.at(-1)?.finish_reason, finish_reason, `choice ${index}`);
      assert.ok(
        pieces.slice(0, -1).every((piece) => piece.finish_reason === null),
        'A choice ends twice.',
      );
    }
  }),
  standard('include_usage gives a last chunk without choices', async (server) => {
    const { usage } = await server.complete();
    const { chunks } = await server.stream({ stream_options: { include_usage: true } });
    const last = chunks.at(-1);
    assert.deepEqual(last?.choices, []);
    assert.deepEqual(last.usage, usage);
    assert.ok(
      chunks.slice(0, -1).every((chunk) => (chunk.usage ?? null) === null),
      'An earlier chunk has usage.',
    );
  }),
  standard('streamed logprobs put together are those of the answer', async (server) => {
    const fields = { logprobs: 2, max_tokens: 8 };
    const { logprobs } = await server.choice(fields);
    const pieces = piecesOf(await server.stream(fields), 0).flatMap((piece) => piece.logprobs ?? []);
    assert.deepEqual(joined(pieces, 'tokens'), logprobs?.tokens);
    assert.deepEqual(joined(pieces, 'token_logprobs'), logprobs?.token_logprobs);
    assert.deepEqual(joined(pieces, 'text_offset'), logprobs?.text_offset);
    assert.deepEqual(joined(pieces, 'top_logprobs'), logprobs?.top_logprobs);
  }),
  standard('echo streams the prompt first', async (server) => {
    const fields = { echo: true, temperature: 0 };
    assert.equal(textOf(await server.stream(fields)), (await server.choice(fields)).text);
  }),
  standard('a stream of nothing ends, too', async (server) => {
    const stream = await server.stream({ max_tokens: 0 });
    assert.equal(textOf(stream), '');
    assert.equal(piecesOf(stream, 0).at(-1)?.finish_reason, 'length');
  }),
  standard('a request that is refused is an error and no stream', async (server) => {
    assertError(await server.send({ stream: true, temperature: 3 }), { status: 400, param: 'temperature' });
  }),
];

function piecesOf({ chunks }: Stream, index: number): Choice[] {
  return chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
}

function joined(pieces: readonly Logprobs[], list: keyof Logprobs): unknown[] {
  return pieces.flatMap((piece): readonly unknown[] => piece[list] ?? []);
}
