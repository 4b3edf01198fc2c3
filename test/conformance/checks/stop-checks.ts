import assert from 'node:assert/strict';
import { checksOf, type Check } from '../check.js';
import { textOf, type ServerUnderTest } from '../server-under-test.js';

const { standard } = checksOf('stop');

const LONG = { temperature: 0, max_tokens: 24 } as const;

/** Where a text ends. */
export const stopChecks: readonly Check[] = [
  standard('a text ends before a stop text, which is not returned', async (server) => {
    await endsAt(server, (text) => middle(text, 3));
  }),
  standard('a stop text is found across the border of two tokens', async (server) => {
    await endsAt(server, (text) => {
      const space = text.indexOf(' ', Math.floor(text.length / 3));
      return space < 1 ? middle(text, 4) : text.slice(space - 1, space + 2);
    });
  }),
  standard('the first of several stop texts counts', async (server) => {
    const text = await server.greedyText();
    const [early, late] = [text.slice(6, 8), text.slice(12, 15)];
    const choice = await server.choice({ ...LONG, stop: ['never said', late, early] });
    const ends = [early, late].map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    assert.equal(choice.text, text.slice(0, Math.min(...ends)));
  }),
  standard('a stream ends at the same place and never shows what begins a stop text', async (server) => {
    const stop = middle(await server.greedyText(), 5);
    const { text } = await server.choice({ ...LONG, stop });
    const streamed = await server.stream({ ...LONG, stop });
    assert.equal(textOf(streamed), text);
    assert.ok(!textOf(streamed).includes(stop), 'The stop text is in the stream.');
  }),
  standard('a stop text that is not said changes nothing', async (server) => {
    const choice = await server.choice({ ...LONG, stop: ['\u0001 never said'] });
    assert.equal(choice.text, await server.greedyText());
  }),
];

async function endsAt(server: ServerUnderTest, stopIn: (text: string) => string): Promise<void> {
  const text = await server.greedyText();
  const stop = stopIn(text);
  assert.ok(stop.length > 0, `The model says too little to stop it: ${JSON.stringify(text)}`);
  const choice = await server.choice({ ...LONG, stop });
  assert.equal(choice.text, text.slice(0, text.indexOf(stop)), `stop ${JSON.stringify(stop)}`);
  assert.equal(choice.finish_reason, 'stop');
}

function middle(text: string, length: number): string {
  const start = Math.floor(text.length / 2);
  return text.slice(start, start + length);
}
