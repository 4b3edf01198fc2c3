import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertError } from '../error-shape.js';
import type { ServerUnderTest } from '../server-under-test.js';

const { extension } = checksOf('endpoints');

const TEXT = 'The old man and the sea';
const COMPLETIONS_PATH = '/v1/completions';

interface Tokenized {
  readonly tokens: readonly number[];
  readonly count: number;
}

/** What a server of ours answers besides completions. */
export const endpointChecks: readonly Check[] = [
  extension('POST /tokenize gives as many token ids as a completion counts', async (server) => {
    const { tokens, count } = await tokenize(server, TEXT);
    assert.equal(count, tokens.length);
    assert.ok(tokens.every(Number.isInteger), 'Token ids are integers.');
    assert.equal((await server.complete({ prompt: TEXT })).usage?.prompt_tokens, count);
  }),
  extension('token ids are continued like the text that they come from', async (server) => {
    const { tokens } = await tokenize(server, TEXT);
    const byIds = await server.choice({ prompt: tokens, temperature: 0 });
    assert.equal(byIds.text, (await server.choice({ prompt: TEXT, temperature: 0 })).text);
  }),
  extension('POST /detokenize gives a text of the same token ids', async (server) => {
    const { tokens } = await tokenize(server, await server.greedyText());
    const answer = await server.post('/detokenize', { model: server.model, tokens });
    assert.equal(answer.status, 200, answer.text);
    const { prompt } = JSON.parse(answer.text) as { prompt: string };
    assert.deepEqual((await tokenize(server, prompt)).tokens, tokens);
  }),
  extension('/tokenize and /detokenize refuse what is wrong by its name', async (server) => {
    const { model } = server;
    assertError(await server.post('/tokenize', { model, prompt: 5 }), { status: 400, param: 'prompt' });
    assertError(await server.post('/detokenize', { model, tokens: [-1] }), { status: 400, param: 'tokens' });
    assertError(await server.post('/detokenize', { model, tokens: [99_999_999] }), { status: 400, param: 'tokens' });
    assertError(await server.post('/tokenize', { model: 'no-such-model', prompt: 'a' }), { status: 404 });
  }),
  extension('GET /tokenizer_info describes the tokenizer', async (server) => {
    assert.equal(typeof (await server.get('/tokenizer_info')), 'object');
  }),
  extension('GET /health/live and /health/ready answer without a key', async (server) => {
    for (const path of ['/health/live', '/health/ready']) {
      const response = await fetch(`${server.origin}${path}`);
      await response.body?.cancel();
      assert.equal(response.status, 200, path);
    }
  }),
  extension('GET /metrics has histograms of what clients wait for, by version and arm', async (server) => {
    await server.stream();
    const { status, text } = await server.request('GET', '/metrics');
    assert.equal(status, 200);
    for (const what of ['queue', 'time_to_first_token', 'inter_token', 'completion']) {
      const line = new RegExp(`^understudy_${what}_seconds_bucket\\{.*version=".*$`, 'm').exec(text)?.[0];
      assert.ok(line, `There is no histogram understudy_${what}_seconds by version.`);
      assert.match(line, /arm="/);
    }
  }),
  extension('GET /props and GET /slots say what the server can do and does', async (server) => {
    for (const path of ['/props', '/slots']) assert.equal(typeof (await server.get(path)), 'object', path);
  }),
  extension('the OpenAPI document has every field of a request', async (server) => {
    const document = (await server.get('/docs/openapi.json')) as {
      paths: Readonly<Record<string, unknown>>;
      components: { schemas: Readonly<Record<string, { properties?: Readonly<Record<string, unknown>> }>> };
    };
    assert.ok(COMPLETIONS_PATH in document.paths, Object.keys(document.paths).join());
    const fields = Object.keys(document.components.schemas['CompletionRequestDto']?.properties ?? {});
    for (const field of ['prompt', 'logit_bias', 'best_of', 'stream_options', 'typical_p', 'use_beam_search'])
      assert.ok(fields.includes(field), `${field} is not among ${fields.join()}`);
  }),
];

async function tokenize(server: ServerUnderTest, prompt: string): Promise<Tokenized> {
  const answer = await server.post('/tokenize', { model: server.model, prompt });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as Tokenized;
}
