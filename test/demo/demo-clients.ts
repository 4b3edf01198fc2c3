import { setTimeout as delay } from 'node:timers/promises';

/** What a client was answered. */
export interface DemoAnswer {
  readonly sentAtMs: number;
  readonly status: number;
  readonly version: string | null;
}

/** Who asks, whom and what. */
export interface DemoClientsOptions {
  readonly urls: readonly string[];
  readonly key: string;
  readonly sentences: readonly string[];
  readonly clients: number;
}

const PAUSE_MS = 100;
const MAX_TOKENS = 8;

/** Clients that ask the generators in turn, each its next question a moment after the last answer. */
export class DemoClients {
  readonly answers: DemoAnswer[] = [];
  private sentences: readonly string[];
  private readonly stopping = new AbortController();
  private readonly running: Promise<unknown>;
  private asked = 0;

  constructor(private readonly options: DemoClientsOptions) {
    this.sentences = options.sentences;
    this.running = Promise.all(Array.from({ length: options.clients }, () => this.client()));
  }

  /** From now on they write this. */
  write(sentences: readonly string[]): void {
    this.sentences = sentences;
  }

  /** Waits for the answers that are under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async client(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.ask();
      await delay(PAUSE_MS);
    }
  }

  private async ask(): Promise<void> {
    const number = this.asked++;
    const sentAtMs = Date.now();
    const url = this.options.urls[number % this.options.urls.length]!;
    const prompt = this.sentences[number % this.sentences.length]!;
    try {
      const response = await fetch(`${url}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.options.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'production', prompt, max_tokens: MAX_TOKENS }),
      });
      await response.arrayBuffer();
      this.answers.push({ sentAtMs, status: response.status, version: response.headers.get('x-model-version') });
    } catch {
      this.answers.push({ sentAtMs, status: 0, version: null });
    }
  }
}
