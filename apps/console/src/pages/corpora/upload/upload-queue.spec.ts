import { describe, expect, it } from 'vitest';
import type { UploadedFile } from './send-file.js';
import { UploadQueue, type Send } from './upload-queue.js';

/** Sends nothing; the spec says how each file fares. */
class Line {
  readonly under = new Map<string, { done: () => void; fail: (error: Error) => void; sent: (bytes: number) => void }>();
  finished = 0;
  readonly send: Send = (_body, name, { signal, onSent }) =>
    new Promise((resolve, reject) => {
      const end = (): void => void this.under.delete(name);
      signal.addEventListener('abort', () => {
        end();
        reject(new Error('aborted'));
      });
      this.under.set(name, {
        done: () => {
          end();
          resolve({ id: `file-${name}` } as UploadedFile);
        },
        fail: (error) => {
          end();
          reject(error);
        },
        sent: onSent,
      });
    });
  readonly queue = new UploadQueue(this.send, () => (this.finished += 1));

  states(): string {
    return this.queue
      .items()
      .map(({ name, state }) => `${name} ${state}`)
      .join(', ');
  }
}

/** Lets what was promised happen. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function lineOf(...names: readonly string[]): Line {
  const line = new Line();
  for (const name of names) line.queue.add(name, new Blob(['12345678']));
  return line;
}

describe('the queue of uploads', () => {
  it('sends two at a time, and the next one when one is done', async () => {
    const line = lineOf('a', 'b', 'c');
    expect(line.states()).toBe('a sending, b sending, c waiting');
    line.under.get('a')?.done();
    await turn();
    expect(line.states()).toBe('a done, b sending, c sending');
    expect(line.finished).toBe(1);
    expect(line.queue.items()[0]).toMatchObject({ sentBytes: 8, file: { id: 'file-a' } });
  });

  it('tells how far a file is, and never more than all of it', () => {
    const line = lineOf('a');
    line.under.get('a')?.sent(3);
    expect(line.queue.items()[0]?.sentBytes).toBe(3);
    line.under.get('a')?.sent(300);
    expect(line.queue.items()[0]?.sentBytes).toBe(8);
  });

  it('goes on after one that failed, and sends that again when it is asked to', async () => {
    const line = lineOf('a', 'b', 'c');
    line.under.get('a')?.fail(new Error('The disk is full.'));
    await turn();
    expect(line.states()).toBe('a failed, b sending, c sending');
    expect(line.queue.items()[0]?.failure?.message).toBe('The disk is full.');
    line.queue.retry(1);
    expect(line.states()).toBe('a waiting, b sending, c sending');
    line.under.get('b')?.done();
    await turn();
    expect(line.states()).toBe('a sending, b done, c sending');
  });

  it('stops one that is taken off the list', async () => {
    const line = lineOf('a', 'b', 'c');
    line.queue.remove(1);
    await turn();
    expect(line.under.has('a')).toBe(false);
    expect(line.states()).toBe('b sending, c sending');
  });
});
