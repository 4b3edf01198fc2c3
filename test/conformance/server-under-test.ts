import assert from 'node:assert/strict';
import type { Answer, Choice, Completion, Fields, Stream } from './protocol.js';

/** Where the server is, and what to ask it for. */
export interface ServerAddress {
  /** With or without `/v1`. */
  readonly baseUrl: string;
  readonly key: string;
  readonly model: string;
}

/** Longest time that an answer may take. */
const TIMEOUT_MS = 60_000;
/** A prompt of simple words, which may or may not be in the model's vocabulary. */
const PROMPT = 'The old man';
const JSON_TYPE = { 'content-type': 'application/json' };

/** A server that claims to speak the protocol, with the requests that checks need. */
export class ServerUnderTest {
  readonly origin: string;
  readonly model: string;
  readonly #key: string;
  #greedyText: Promise<string> | null = null;

  constructor({ baseUrl, key, model }: ServerAddress) {
    this.origin = baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.model = model;
    this.#key = key;
  }

  /** Headers with the API key. */
  get authorization(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#key}` };
  }

  /** A request that every server can answer, with other fields over it. */
  fields(more: Fields = {}): Fields {
    return { model: this.model, prompt: PROMPT, max_tokens: 8, seed: 7, ...more };
  }

  async request(method: string, path: string, body?: string | Uint8Array, headers: Fields = {}): Promise<Answer> {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { ...this.authorization, ...headers } as Record<string, string>,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Posts JSON. */
  post(path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, JSON.stringify(body), JSON_TYPE);
  }

  /** Gets JSON from a path that must exist. */
  async get(path: string): Promise<unknown> {
    const { status, text } = await this.request('GET', path);
    assert.equal(status, 200, `GET ${path} answers ${status}: ${text.slice(0, 200)}`);
    return JSON.parse(text);
  }

  /** Sends a completion request, whatever comes of it. */
  send(more: Fields): Promise<Answer> {
    return this.post('/v1/completions', this.fields(more));
  }

  /** Sends a completion request that must succeed. */
  async complete(more: Fields = {}): Promise<Completion> {
    const { status, text } = await this.send(more);
    assert.equal(status, 200, `${JSON.stringify(more)} is answered ${status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Completion;
  }

  /** The first text of a completion. */
  async choice(more: Fields = {}): Promise<Choice> {
    const { choices } = await this.complete(more);
    assert.ok(choices[0], 'There is no choice.');
    return choices[0];
  }

  /** Streams a completion that must succeed, to its end. */
  async stream(more: Fields = {}): Promise<Stream> {
    const { status, headers, text } = await this.send({ stream: true, ...more });
    assert.equal(status, 200, `${JSON.stringify(more)} is answered ${status}: ${text.slice(0, 200)}`);
    const events = text.split('\n\n').filter((event) => event.startsWith('data: ') && event !== 'data: [DONE]');
    return { headers, text, chunks: events.map((event) => JSON.parse(event.slice('data: '.length)) as Completion) };
  }

  /** What the model says by itself: a text of its own words, the same at each call. */
  greedyText(): Promise<string> {
    this.#greedyText ??= this.choice({ temperature: 0, max_tokens: 24 }).then(({ text }) => text);
    return this.#greedyText;
  }
}

/** The text of one choice of a stream, put together. */
export function textOf({ chunks }: Stream, index = 0): string {
  const pieces = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
  return pieces.map(({ text }) => text).join('');
}
