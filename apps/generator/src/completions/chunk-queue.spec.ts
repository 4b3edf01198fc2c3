import { describe, expect, it } from 'vitest';
import { ChunkQueue } from './chunk-queue.js';

describe('the chunk queue', () => {
  it('joins the text of a choice that nobody has read yet, and keeps the order of what follows', async () => {
    const queue = new ChunkQueue();
    queue.put({ kind: 'text', index: 0, text: 'a' });
    queue.put({ kind: 'text', index: 1, text: 'x' });
    queue.put({ kind: 'text', index: 0, text: 'b' });
    queue.put({ kind: 'finished', index: 0, finishReason: 'stop' });
    queue.put({ kind: 'text', index: 1, text: 'y' });
    expect(await queue.take(1000)).toEqual([
      { kind: 'text', index: 0, text: 'ab' },
      { kind: 'text', index: 1, text: 'xy' },
      { kind: 'finished', index: 0, finishReason: 'stop' },
    ]);
  });

  it('wakes whoever waits', async () => {
    const queue = new ChunkQueue();
    const waiting = queue.take(60_000);
    queue.put({ kind: 'ended' });
    expect(await waiting).toEqual([{ kind: 'ended' }]);
  });

  it('gives nothing after the time that it may wait', async () => {
    expect(await new ChunkQueue().take(1)).toEqual([]);
  });

  it('leaves what was only looked at', async () => {
    const queue = new ChunkQueue();
    queue.put({ kind: 'ended' });
    expect(await queue.peek(1)).toEqual({ kind: 'ended' });
    expect(await queue.take(1)).toEqual([{ kind: 'ended' }]);
  });
});
