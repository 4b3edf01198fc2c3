import { DecodeThread } from './decode-thread.js';

/**
 * Threads that are kept when their bundle is closed, for the next one to open: starting one takes ten times as long as opening a
 * bundle in it. The owner calls `close`.
 */
export class DecodeThreads {
  private readonly spare: DecodeThread[] = [];
  private isClosed = false;

  /** @param maxSpare most threads that wait for work; each holds some 40 MB */
  constructor(private readonly maxSpare = 1) {}

  /** A thread without a bundle. */
  take(): DecodeThread {
    for (;;) {
      const thread = this.spare.pop() ?? new DecodeThread();
      // One that has ended while nobody needed it.
      if (!thread.hasEnded) return thread;
    }
  }

  /** Keeps a thread that has closed its bundle, or ends it where enough are kept. */
  async giveBack(thread: DecodeThread): Promise<void> {
    if (this.isClosed || this.spare.length >= this.maxSpare) await thread.end();
    else this.spare.push(thread);
  }

  /** Ends the threads that wait; those that are given back from now on are ended, too. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.spare.splice(0).map((thread) => thread.end()));
  }
}
