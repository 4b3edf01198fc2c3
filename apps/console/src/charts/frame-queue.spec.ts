import { describe, expect, it } from 'vitest';
import { FrameQueue } from './frame-queue.js';

/** Frames that come when a spec says so, and a clock that it moves. */
function openQueue(): { queue: FrameQueue; frame: () => void; asked: () => number; spend: (ms: number) => void } {
  const asked: (() => void)[] = [];
  let nowMs = 0;
  const queue = new FrameQueue({ request: (run) => asked.push(run), nowMs: () => nowMs });
  return {
    queue,
    frame: () => asked.splice(0).forEach((run) => run()),
    asked: () => asked.length,
    spend: (ms) => {
      nowMs += ms;
    },
  };
}

describe('FrameQueue', () => {
  it('leaves the rest to the next frame once it has taken too long, in the order in which it came', () => {
    const { queue, frame, asked, spend } = openQueue();
    const done: string[] = [];
    const costs = { a: 3, b: 20, c: 1, d: 1 };
    for (const [name, ms] of Object.entries(costs)) {
      queue.add({ name }, () => {
        done.push(name);
        spend(ms);
      });
    }
    frame();
    expect(done).toEqual(['a', 'b']);
    frame();
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    expect(asked()).toBe(0);
  });

  it('does what one owner asks for again and again once, as it was asked last', () => {
    const { queue, frame, asked } = openQueue();
    const done: number[] = [];
    const owner = {};
    for (const time of [1, 2, 3]) queue.add(owner, () => done.push(time));
    expect(asked()).toBe(1);
    frame();
    expect(done).toEqual([3]);
  });

  it('does nothing that was taken back', () => {
    const { queue, frame } = openQueue();
    const done: string[] = [];
    const owner = {};
    queue.add(owner, () => done.push('taken back'));
    queue.remove(owner);
    frame();
    expect(done).toEqual([]);
  });

  it('goes on with the others when one fails', () => {
    const { queue, frame } = openQueue();
    const done: string[] = [];
    queue.add({}, () => {
      throw new Error('cannot be drawn');
    });
    queue.add({}, () => done.push('the other'));
    expect(frame).toThrow('cannot be drawn');
    frame();
    expect(done).toEqual(['the other']);
  });

  it('does what is asked for by work of this frame, too', () => {
    const { queue, frame } = openQueue();
    const done: string[] = [];
    queue.add({}, () => {
      done.push('first');
      queue.add({}, () => done.push('second'));
    });
    frame();
    frame();
    expect(done).toEqual(['first', 'second']);
  });
});
