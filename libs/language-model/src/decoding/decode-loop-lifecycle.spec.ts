import { afterEach, describe, expect, it } from 'vitest';
import { initializeParameters, Parameters } from '../model/parameters.js';
import { PREFILL_CHUNK } from '../sampling/decode-session.js';
import type { DecodeLoop } from './decode-loop.js';
import { draw, openDecodeStand, submitJob, sequenceOf, tokensOf, type DecodeStand } from './testing/decode-stand.js';

const REASON = new Error('the client has gone');
const opened: DecodeStand[] = [];

async function open(capacity = 4): Promise<DecodeLoop> {
  const parameters = new Parameters({ vocabularySize: 30, embeddingDim: 4, lstmUnits: 6, numLayers: 2 });
  initializeParameters(parameters, 1);
  const stand = await openDecodeStand(parameters, capacity);
  opened.push(stand);
  return stand.loop;
}

/** A text that calls back at its n-th token and goes on until it is cancelled. */
function endless(loop: DecodeLoop, n: number, onReached: () => void): { cancel: () => void } {
  let count = 0;
  const onToken = (): boolean => {
    if (++count === n) onReached();
    return false;
  };
  const { handle, end } = draw(loop, { maxTokens: 1e9, onToken });
  end.catch(() => undefined);
  return { cancel: () => handle.cancel(REASON) };
}

const longPrompt = Array.from({ length: 20 * PREFILL_CHUNK }, (_, i) => 1 + (i % 29));

afterEach(async () => {
  for (const { loop, session } of opened.splice(0)) {
    await loop.close();
    expect([loop.pendingJobs, loop.liveRows, session.rows]).toEqual([0, 0, 0]);
  }
});

describe('cancelling a job', () => {
  it('ends it within one step, and leaves the others as they would have been', async () => {
    const loop = await open();
    const expected = await tokensOf(loop, { seed: 5n, maxTokens: 30 });
    let [count, stepsThen] = [0, 0];
    const cancelled = draw(loop, {
      maxTokens: 1000,
      onToken: () => {
        if (++count === 5) {
          stepsThen = loop.steps;
          cancelled.handle.cancel(REASON);
        }
        return false;
      },
    });
    const other = tokensOf(loop, { seed: 5n, maxTokens: 30 });
    await expect(cancelled.end).rejects.toBe(REASON);
    expect(loop.steps - stepsThen).toBeLessThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(6);
    expect(await other).toEqual(expected);
  });

  it('ends all of its texts, those too that have no row yet', async () => {
    const loop = await open(2);
    let count = 0;
    const text = { maxTokens: 1000, onToken: () => (++count === 6 && (handle.cancel(REASON), false), false) };
    const sequences = Array.from({ length: 5 }, () => sequenceOf(text, () => undefined));
    const { handle, ended } = submitJob(loop, { sequences });
    await expect(ended).rejects.toBe(REASON);
    expect(count).toBeLessThanOrEqual(8);
  });

  it('ends it within one step while it waits for a row', async () => {
    const loop = await open(1);
    let stepsThen = 0;
    const live = endless(loop, 3, () => {
      stepsThen = loop.steps;
      waiting.handle.cancel(REASON);
    });
    const waiting = draw(loop);
    await expect(waiting.end).rejects.toBe(REASON);
    expect(loop.steps - stepsThen).toBeLessThanOrEqual(1);
    expect([waiting.tokens, loop.pendingJobs]).toEqual([[], 1]);
    live.cancel();
  });

  it('ends it within one step while its prompt is being read', async () => {
    const loop = await open();
    let stepsThen = 0;
    const live = endless(loop, 3, () => {
      stepsThen = loop.steps;
      reading.handle.cancel(REASON);
    });
    const reading = draw(loop, { prompt: longPrompt });
    await expect(reading.end).rejects.toBe(REASON);
    expect(stepsThen).toBe(3); // fewer than the prompt has chunks
    expect(loop.steps - stepsThen).toBeLessThanOrEqual(1);
    expect([reading.tokens, loop.pendingJobs]).toEqual([[], 1]);
    live.cancel();
  });

  it('ends it while its prompt is being scored, and gives its row back', async () => {
    const loop = await open(1);
    const scored: number[] = [];
    const { handle, ended } = submitJob(loop, {
      prompt: longPrompt,
      promptScores: { top: 0, onScores: (scores) => scored.push(scores.length) },
    });
    const stepsBefore = loop.steps;
    loop.onTurn = () => {
      if (loop.steps - stepsBefore === 5) handle.cancel(REASON);
    };
    await expect(ended).rejects.toBe(REASON);
    expect([scored, loop.liveRows]).toEqual([[], 0]);
  });

  it('ends it also in the very step that ends the scoring of its prompt', async () => {
    const loop = await open(1);
    const { session } = opened.at(-1)!;
    const step = session.step.bind(session);
    let steps = 0;
    session.step = async (withLogits) => {
      await step(withLogits);
      if (++steps === 3) scoring.handle.cancel(REASON);
    };
    const scoring = submitJob(loop, {
      prompt: [1, 2, 3, 4],
      promptScores: { top: 0, onScores: () => undefined },
      sequences: [sequenceOf({ maxTokens: 0 }, () => undefined)],
    });
    await expect(scoring.ended).rejects.toBe(REASON);
    expect(loop.pendingJobs).toBe(0);
  });

  it('does nothing after its end', async () => {
    const loop = await open();
    const { handle, end } = draw(loop);
    expect(await end).toBe('length');
    handle.cancel(REASON);
    expect(await tokensOf(loop)).toHaveLength(8);
  });

  it('gives its row to the next one', async () => {
    const loop = await open(1);
    const expected = await tokensOf(loop, { seed: 9n });
    const live = endless(loop, 2, () => live.cancel());
    expect(await tokensOf(loop, { seed: 9n })).toEqual(expected);
  });
});

describe('those that wait', () => {
  it('are served in the order in which they came', async () => {
    const loop = await open(1);
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3].map(async (i) => tokensOf(loop, { maxTokens: 2 }).then(() => order.push(i))));
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('do not wait for all texts of a job that wants many', async () => {
    const loop = await open(2);
    let ended = 0;
    const sequences = Array.from({ length: 20 }, () => sequenceOf({ maxTokens: 10 }, () => ended++));
    const many = submitJob(loop, { sequences }).ended;
    await tokensOf(loop, { maxTokens: 2 });
    expect(ended).toBeLessThan(8);
    await many;
    expect(ended).toBe(20);
  });
});

describe('a failure', () => {
  it('of one listener rejects its own job alone', async () => {
    const loop = await open();
    const expected = await tokensOf(loop, { seed: 7n, maxTokens: 20 });
    const broken = draw(loop, {
      onToken: () => {
        throw REASON;
      },
    });
    const other = tokensOf(loop, { seed: 7n, maxTokens: 20 });
    await expect(broken.end).rejects.toBe(REASON);
    expect(await other).toEqual(expected);
  });

  it('to read one prompt rejects its own job alone', async () => {
    const loop = await open();
    const expected = await tokensOf(loop, { seed: 7n, maxTokens: 20 });
    const broken = draw(loop, { prompt: [30, 1] }); // ids run to 29
    const other = tokensOf(loop, { seed: 7n, maxTokens: 20 });
    await expect(broken.end).rejects.toThrow(/indices element out of data bounds/);
    expect(await other).toEqual(expected);
  });

  it('of a step rejects all that take part in it, and the next ones succeed', async () => {
    const loop = await open();
    const expected = await tokensOf(loop);
    const all = await Promise.allSettled(
      [{}, { prompt: [30] }, { prompt: longPrompt }].map(async (text) => draw(loop, text).end),
    );
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(loop.pendingJobs).toBe(0);
    expect(await tokensOf(loop)).toEqual(expected);
  });
});

describe('closing', () => {
  it('waits for every job, waiting and reading ones too, and refuses new ones', async () => {
    const loop = await open(2);
    const ended: string[] = [];
    const accepted = [{}, { prompt: longPrompt }, {}, {}].map((text) => draw(loop, text).end);
    const closed = loop.close().then(() => ended.push('closed'));
    await expect(draw(loop).end).rejects.toMatchObject({ code: 'server_is_overloaded' });
    await Promise.all(accepted.map(async (end) => ended.push(await end)));
    await closed;
    expect(ended).toEqual(['length', 'length', 'length', 'length', 'closed']);
  });

  it('can be asked for again', async () => {
    const loop = await open();
    await tokensOf(loop);
    await Promise.all([loop.close(), loop.close()]);
    await loop.close();
  });
});
