import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { DecodeThreads } from './decode-threads.js';
import { complete, trainStand, type TrainedStand } from './testing/trained-stand.js';

guardAgainstLeaks();

let stand: TrainedStand;
beforeAll(async () => {
  stand = await trainStand();
});
afterAll(async () => {
  await stand.close();
});

describe('threads that are kept', () => {
  it('open one bundle after the other, and a used one gives the texts of a new one', async () => {
    const decodeThreads = new DecodeThreads();
    const settings = { seed: 9n, maxTokens: 40, logprobs: 2, choices: 2, bestOf: 2 };
    const expected = await complete(await stand.open(), settings);
    for (const maxBatchSize of [8, 3, 4]) {
      const engine = await stand.open({ decodeThreads, maxBatchSize });
      expect(engine.activity).toMatchObject({ capacity: maxBatchSize, steps: 0 });
      expect(await complete(engine, settings)).toEqual(expected);
      await engine.close();
      await expect(complete(engine)).rejects.toMatchObject({ code: 'server_is_overloaded' });
    }
    await decodeThreads.close();
  });

  it('are handed out again, up to as many as may be spare', async () => {
    const decodeThreads = new DecodeThreads(1);
    const [first, second] = [decodeThreads.take(), decodeThreads.take()];
    expect(second).not.toBe(first);
    await decodeThreads.giveBack(first);
    await decodeThreads.giveBack(second);
    expect(second.hasEnded).toBe(true);
    expect(decodeThreads.take()).toBe(first);
    await decodeThreads.close();
    await decodeThreads.giveBack(first);
    expect(first.hasEnded).toBe(true);
  });

  it('are not handed out when they have ended meanwhile', async () => {
    const decodeThreads = new DecodeThreads(1);
    const first = decodeThreads.take();
    await decodeThreads.giveBack(first);
    await first.end();
    const second = decodeThreads.take();
    expect(second.hasEnded).toBe(false);
    await decodeThreads.giveBack(second);
    await decodeThreads.close();
  });
});
