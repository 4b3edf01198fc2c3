import assert from 'node:assert/strict';
import type { Answer, Fields } from './protocol.js';
import type { ServerUnderTest } from './server-under-test.js';

/** What an error answer must say. */
interface ExpectedError {
  readonly status: number | readonly number[];
  readonly param?: string | null;
  readonly code?: string;
  readonly type?: string;
}

/** Checks that an answer is an error of the protocol: a status, and a JSON body with all four keys. */
export function assertError(answer: Answer, expected: ExpectedError): void {
  const statuses = [expected.status].flat();
  const told = `${answer.status}: ${answer.text.slice(0, 200)}`;
  assert.ok(statuses.includes(answer.status), `Expected ${statuses.join(' or ')}, got ${told}`);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, `The error is not JSON: ${told}`);
  const { error, ...others } = JSON.parse(answer.text) as { error: Readonly<Record<string, unknown>> };
  assert.deepEqual(Object.keys(others), [], 'The body has other keys than "error".');
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'], `Keys of ${told}`);
  assert.ok(typeof error['message'] === 'string' && error['message'] !== '', `The message is empty: ${told}`);
  assert.equal(typeof error['type'], 'string', `The type is not a string: ${told}`);
  if (expected.param !== undefined) assert.equal(error['param'], expected.param, `The param of ${told}`);
  if (expected.code !== undefined) assert.equal(error['code'], expected.code, `The code of ${told}`);
  if (expected.type !== undefined) assert.equal(error['type'], expected.type, `The type of ${told}`);
}

/** Checks that a request is refused with 400 and the field that is wrong. */
export async function assertRefused(server: ServerUnderTest, fields: Fields, param: string): Promise<void> {
  assertError(await server.send(fields), { status: 400, type: 'invalid_request_error', param });
}
