import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import type { Choice, Completion } from '../protocol.js';

const { standard, extension } = checksOf('response');

const FINISH_REASONS = ['stop', 'length'];

/** The shape of an answer. */
export const responseChecks: readonly Check[] = [
  standard('an answer is a text_completion with every field', async (server) => {
    const answer = await server.send({ n: 2 });
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    const completion = JSON.parse(answer.text) as Completion;
    assertHead(completion);
    for (const choice of completion.choices) {
      assertChoice(choice);
      assert.ok(FINISH_REASONS.includes(choice.finish_reason ?? ''), `finish_reason ${choice.finish_reason ?? 'null'}`);
    }
  }),
  standard('usage adds up', async (server) => {
    const { usage } = await server.complete();
    assert.ok(usage, 'There is no usage.');
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
    for (const count of [usage.prompt_tokens, usage.completion_tokens])
      assert.ok(Number.isInteger(count) && count >= 0);
  }),
  standard('answers of the same model have the same system_fingerprint', async (server) => {
    const [one, other] = [await server.complete(), await server.complete({ prompt: 'It was' })];
    assert.equal(typeof one.system_fingerprint, 'string');
    assert.equal(one.system_fingerprint, other.system_fingerprint);
    assert.notEqual(one.id, other.id, 'Two answers have the same id.');
  }),
  standard('the answer names the request and the time that it took', async (server) => {
    const { headers } = await server.send({});
    assert.ok(headers.get('x-request-id'), 'x-request-id is missing.');
    assert.match(headers.get('openai-processing-ms') ?? '', /^\d+$/);
  }),
  extension('the answer names the version and the arm of a release that it came from', async (server) => {
    const { headers, text } = await server.send({});
    assert.equal(headers.get('x-model-version'), (JSON.parse(text) as Completion).model);
    assert.match(headers.get('x-release-arm') ?? '', /^(incumbent|candidate|pinned)$/);
  }),
  extension('a version that is named explicitly is the one that answers', async (server) => {
    const { model } = await server.complete();
    const { headers, text } = await server.send({ model });
    assert.equal((JSON.parse(text) as Completion).model, model);
    assert.equal(headers.get('x-release-arm'), 'pinned');
  }),
];

/** Checks what an answer and a chunk of a stream share. */
export function assertHead({ id, object, created, model, choices }: Completion): void {
  assert.ok(typeof id === 'string' && id !== '', 'id is missing.');
  assert.equal(object, 'text_completion');
  assert.ok(Math.abs(created - Date.now() / 1000) < 300, `created is ${created}, which is not now.`);
  assert.ok(typeof model === 'string' && model !== '', 'model is missing.');
  assert.ok(Array.isArray(choices), 'choices is not a list.');
}

/** Checks the fields of one choice or a piece of it. */
export function assertChoice(choice: Choice): void {
  assert.equal(typeof choice.text, 'string');
  assert.ok(Number.isInteger(choice.index), 'index is not an integer.');
  assert.ok('logprobs' in choice && 'finish_reason' in choice, 'A choice has both logprobs and finish_reason.');
}
