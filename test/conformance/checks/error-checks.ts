import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertError } from '../error-shape.js';
import { exchangeRaw } from '../raw-exchange.js';

const { standard, extension } = checksOf('errors');

const PATH = '/v1/completions';
const JSON_TYPE = { 'content-type': 'application/json' };
/** Beyond any limit that a server could sensibly have. */
const ENORMOUS_BYTES = 10_000_000_000;

/** What is answered to requests that cannot be carried out. */
export const errorChecks: readonly Check[] = [
  standard('no API key is a 401', async (server) => {
    const response = await fetch(`${server.origin}${PATH}`, { method: 'POST', body: '{}', headers: JSON_TYPE });
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    assertError(answer, { status: 401 });
  }),
  standard('a wrong API key is a 401 with the code invalid_api_key', async (server) => {
    const headers = { ...JSON_TYPE, authorization: 'Bearer sk-not-a-key-of-this-server' };
    const answer = await server.request('POST', PATH, JSON.stringify(server.fields()), headers);
    assertError(answer, { status: 401, code: 'invalid_api_key' });
  }),
  standard('what is not JSON is a 400', async (server) => {
    for (const body of ['{"model": "x"', '{model: 1}', 'null x', '\u0000', "{'model': 'x'}"])
      assertError(await server.request('POST', PATH, body, JSON_TYPE), { status: 400, type: 'invalid_request_error' });
  }),
  standard('JSON that is not an object is a 400', async (server) => {
    for (const body of ['[]', '"text"', '5', 'true', 'null'])
      assertError(await server.request('POST', PATH, body, JSON_TYPE), { status: 400, type: 'invalid_request_error' });
  }),
  standard('an empty body is a 400', async (server) => {
    assertError(await server.request('POST', PATH, '', JSON_TYPE), { status: 400 });
  }),
  extension('another content type is a 415', async (server) => {
    const body = JSON.stringify(server.fields());
    assertError(await server.request('POST', PATH, body, { 'content-type': 'text/plain' }), { status: 415 });
  }),
  extension('a field with the name of a prototype is refused like any other', async (server) => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const body = `{"${name}": {"a": 1}, ${JSON.stringify(server.fields()).slice(1)}`;
      assertError(await server.request('POST', PATH, body, JSON_TYPE), { status: 400 });
    }
  }),
  standard('deeply nested JSON is a 400', async (server) => {
    const nested = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const body = `{"prompt": ${nested}, "model": ${JSON.stringify(server.model)}}`;
    assertError(await server.request('POST', PATH, body, JSON_TYPE), { status: 400 });
  }),
  standard('a path that does not exist is a 404', async (server) => {
    assertError(await server.request('GET', '/v1/no-such-path'), { status: 404 });
  }),
  standard('another method is a 404 or a 405', async (server) => {
    assertError(await server.request('GET', PATH), { status: [404, 405] });
    assertError(await server.request('PUT', PATH, '{}', JSON_TYPE), { status: [404, 405] });
  }),
  extension('a body that is too large is refused with 413 before it is sent', async (server) => {
    const head = { ...JSON_TYPE, ...server.authorization, 'content-length': String(ENORMOUS_BYTES) };
    assertError(await exchangeRaw(server.origin, 'POST', PATH, head), { status: 413 });
  }),
  standard('an error names its request', async (server) => {
    const { headers } = await server.send({ temperature: 3 });
    assert.ok(headers.get('x-request-id'), 'x-request-id is missing.');
  }),
  extension('an error says what was wrong and which value it was given', async (server) => {
    const { text } = await server.send({ temperature: 3 });
    const { error } = JSON.parse(text) as { error: { message: string } };
    for (const part of ['temperature', '2', '3']) assert.ok(error.message.includes(part), error.message);
  }),
];
