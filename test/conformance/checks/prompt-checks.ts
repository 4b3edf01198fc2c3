import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { assertRefused } from '../error-shape.js';

const { standard } = checksOf('prompt');

/** Token ids that any vocabulary has. */
const IDS = [5, 6, 7];

/** What may be continued. */
export const promptChecks: readonly Check[] = [
  standard('prompt is required', async (server) => {
    await assertRefused(server, { prompt: undefined }, 'prompt');
  }),
  standard('prompt may be a text, also an empty one', async (server) => {
    const { usage } = await server.complete({ prompt: '' });
    assert.equal(usage?.prompt_tokens, 0);
    assert.ok(((await server.complete()).usage?.prompt_tokens ?? 0) > 0);
  }),
  standard('prompt may be null: the start of a document', async (server) => {
    assert.equal((await server.complete({ prompt: null })).choices.length, 1);
  }),
  standard('prompt may be token ids', async (server) => {
    assert.equal((await server.complete({ prompt: IDS })).usage?.prompt_tokens, IDS.length);
  }),
  standard('prompt may be several texts, each continued in its place', async (server) => {
    const prompts = ['The old man', 'It was', 'She'];
    const { choices } = await server.complete({ prompt: prompts, temperature: 0 });
    assert.deepEqual(
      choices.map(({ index }) => index),
      [0, 1, 2],
    );
    for (const [index, prompt] of prompts.entries()) {
      assert.equal(choices[index]?.text, (await server.choice({ prompt, temperature: 0 })).text, `prompt ${index}`);
    }
  }),
  standard('prompt may be several lists of token ids; usage counts all of them', async (server) => {
    const { choices, usage } = await server.complete({ prompt: [IDS, [8]] });
    assert.equal(choices.length, 2);
    assert.equal(usage?.prompt_tokens, IDS.length + 1);
  }),
  standard('token ids and the text that they stand for are continued alike', async (server) => {
    const { text } = await server.choice({ prompt: IDS, max_tokens: 0, echo: true });
    const byText = await server.complete({ prompt: text, temperature: 0 });
    if (byText.usage?.prompt_tokens !== IDS.length) return;
    assert.equal(byText.choices[0]?.text, (await server.choice({ prompt: IDS, temperature: 0 })).text);
  }),
  standard('prompt refuses nothing, mixtures, and what are no token ids', async (server) => {
    for (const prompt of [[], [[]], ['a', 5], [5, 'a'], [[5], 'a'], [-1], [1.5], 5, true, { text: 'a' }, [null]])
      await assertRefused(server, { prompt }, 'prompt');
  }),
  standard('prompt refuses token ids beyond the vocabulary', async (server) => {
    await assertRefused(server, { prompt: [99_999_999] }, 'prompt');
  }),
  standard('a text of any characters is a prompt', async (server) => {
    for (const prompt of ['\u0000', '\ud83d\ude00 été 漢字', 'a\r\n\tb', '"\\', '\ud800', ' '.repeat(500)])
      await server.complete({ prompt });
  }),
];
