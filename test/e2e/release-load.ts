import { setTimeout as sleep } from 'node:timers/promises';

/** An answer to a client of the load. */
export interface LoadAnswer {
  readonly sentAtMs: number;
  readonly status: number;
  readonly version: string | null;
  readonly arm: string | null;
}

/** Clients under way. */
export interface ReleaseLoad {
  readonly answers: readonly LoadAnswer[];
  /** Sends these from now on. */
  write(sentences: readonly string[]): void;
  /** Fulfilled when every generator has been answering for so long after a time. */
  stop(): Promise<void>;
}

interface LoadOptions {
  readonly urls: readonly string[];
  readonly key: string;
  readonly sentences: readonly string[];
  readonly clients: number;
}

/** A pause between two requests of a client, so that the generators have time for what they do besides. */
const PAUSE_MS = 15;

/** Lets clients send completion requests, one after the other, each client to one generator. A connection that breaks is no answer. */
export function startReleaseLoad({ urls, key, sentences, clients }: LoadOptions): ReleaseLoad {
  const answers: LoadAnswer[] = [];
  const stopping = new AbortController();
  let written = sentences;
  let sent = 0;
  const send = async (url: string): Promise<void> => {
    const prompt = written[sent++ % written.length];
    const sentAtMs = Date.now();
    const response = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'production', prompt, max_tokens: 3, stream: sent % 3 === 0 }),
    });
    await response.text();
    const { status, headers } = response;
    answers.push({ sentAtMs, status, version: headers.get('x-model-version'), arm: headers.get('x-release-arm') });
  };
  const client = async (index: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      await send(urls[index % urls.length] ?? '').catch(() => undefined);
      await sleep(PAUSE_MS);
    }
  };
  const running = Array.from({ length: clients }, (_, index) => client(index));
  return {
    answers,
    write: (others) => {
      written = others;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
