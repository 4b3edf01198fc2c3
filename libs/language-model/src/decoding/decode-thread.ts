import { Worker } from 'node:worker_threads';
import { unpackError, type DecodeNews, type DecodeOrder, type FromWorker, type ToWorker } from './worker-messages.js';

/** Who a thread works for: the engine whose bundle it has open. */
export interface DecodeThreadOwner {
  onNews(news: DecodeNews): void;
  /** The thread has ended by itself. */
  onDeath(cause: unknown): void;
}

type Answer = Exclude<FromWorker, DecodeNews>;

/** A thread that opens one bundle after the other and decodes for it. The owner calls `end`. */
export class DecodeThread {
  private readonly worker = new Worker(new URL('./decode-worker.js', import.meta.url));
  private readonly exit: Promise<void>;
  private owner: DecodeThreadOwner | null = null;
  private awaited: { resolve: (answer: Answer) => void; reject: (reason: unknown) => void } | null = null;
  private ended = false;

  constructor() {
    const { worker } = this;
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'news') this.owner?.onNews(message);
      else this.awaited?.resolve(message);
    });
    worker.on('error', (error) => {
      this.die(error);
    });
    this.exit = new Promise((resolve) => {
      worker.on('exit', () => {
        this.die(new Error('The thread has ended.'));
        resolve();
      });
    });
  }

  /** Whether it can be used no more. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /**
   * Opens a bundle; from now on the owner hears of its completions.
   * @throws bundle_missing, bundle_corrupt; the thread is to be ended then
   */
  async open(order: DecodeOrder, owner: DecodeThreadOwner): Promise<void> {
    this.owner = owner;
    const answer = await this.ask({ kind: 'open', order });
    if (answer.kind === 'refused') throw unpackError(answer.error);
  }

  send(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  /** Waits for the completions under way and frees the model; nothing is done where the thread has ended. */
  async close(): Promise<void> {
    if (!this.ended) await this.ask({ kind: 'close' }).catch(() => this.exit);
    this.owner = null;
  }

  /** Ends a thread that has no bundle. */
  async end(): Promise<void> {
    if (!this.ended) this.send({ kind: 'end' });
    await this.exit;
  }

  private async ask(question: ToWorker): Promise<Answer> {
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.awaited = { resolve, reject };
        this.send(question);
      });
    } finally {
      this.awaited = null;
    }
  }

  private die(cause: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.owner?.onDeath(cause);
    this.awaited?.reject(cause);
  }
}
