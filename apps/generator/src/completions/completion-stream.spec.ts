import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CodedError } from '#errors';
import type { ChoiceDelta } from '#language-model';
import type { CompletionHead } from './completion-shape.js';
import { streamCompletion, type StreamOptions } from './completion-stream.js';
import type { Generation } from './generation.js';

const HEAD: CompletionHead = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 7,
  model: 'ft:small:understudy:abcdefgh',
  system_fingerprint: 'fp_1',
};
const GENERATION: Generation = { choices: [], promptTokens: 3, completionTokens: 4 };
const DONE = 'data: [DONE]\n\n';

function delta(text: string, finishReason: ChoiceDelta['finishReason'] = null): ChoiceDelta {
  return { text, logprobs: null, finishReason };
}

function chunk(index: number, text: string, finishReason: string | null, more: object = {}): string {
  const choices = [{ text, index, logprobs: null, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ ...HEAD, choices, ...more })}\n\n`;
}

interface Client {
  /** What was sent; ends when the answer does. */
  readonly out: PassThrough;
  readonly begun: () => boolean;
  readonly failures: unknown[];
  readonly done: Promise<void>;
}

function open(run: StreamOptions['run'], more: Partial<StreamOptions> = {}): Client {
  const out = new PassThrough({ highWaterMark: 10_000 });
  const failures: unknown[] = [];
  let begun = false;
  const done = streamCompletion({
    head: HEAD,
    includeUsage: false,
    includeObfuscation: false,
    run,
    begin: () => {
      begun = true;
      return out;
    },
    keepAliveMs: 60_000,
    onLateFailure: (error) => failures.push(error),
    ...more,
  });
  return { out, begun: () => begun, failures, done };
}

async function textOf(run: StreamOptions['run'], more: Partial<StreamOptions> = {}): Promise<string> {
  const { out, done } = open(run, more);
  await done;
  return String(await out.toArray().then((parts: Buffer[]) => Buffer.concat(parts)));
}

describe('a completion stream', () => {
  it('is a frame for each piece of text and each end, and one that closes it', async () => {
    const text = await textOf((put) => {
      put(0, delta('It\nwas'));
      put(1, delta('a "night"'));
      put(1, delta('', 'length'));
      put(0, delta('.', 'stop'));
      return Promise.resolve(GENERATION);
    });
    expect(text).toBe(
      `${chunk(0, 'It\nwas', null)}${chunk(1, 'a "night"', null)}${chunk(1, '', 'length')}${chunk(0, '.', 'stop')}${DONE}`,
    );
  });

  it('tells the usage in a chunk without choices where it is asked for, and null before', async () => {
    const run: StreamOptions['run'] = (put) => {
      put(0, delta('It', 'stop'));
      return Promise.resolve(GENERATION);
    };
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    expect(await textOf(run, { includeUsage: true })).toBe(
      `${chunk(0, 'It', 'stop', { usage: null })}data: ${JSON.stringify({ ...HEAD, choices: [], usage })}\n\n${DONE}`,
    );
  });

  it('has log-probabilities in the lists of the protocol, none of them infinite', async () => {
    const logprobs = {
      tokens: ['It'],
      tokenLogprobs: [-Infinity],
      topLogprobs: [{ It: -Infinity, He: -0.5 }],
      textOffset: [0],
    };
    const text = await textOf((put) => {
      put(0, { text: 'It', logprobs, finishReason: null });
      return Promise.resolve(GENERATION);
    });
    expect(JSON.parse(text.split('\n\n')[0]?.slice('data: '.length) ?? '')).toMatchObject({
      choices: [
        {
          logprobs: {
            tokens: ['It'],
            token_logprobs: [-9999],
            top_logprobs: [{ It: -9999, He: -0.5 }],
            text_offset: [0],
          },
        },
      ],
    });
  });

  it('hides the lengths of its texts where it is asked to', async () => {
    const lengths = async (text: string): Promise<number> =>
      (
        await textOf(
          (put) => {
            put(0, delta(text));
            return Promise.resolve(GENERATION);
          },
          { includeObfuscation: true },
        )
      ).length;
    expect(await lengths('a')).toBe(await lengths('a longer word'));
  });

  it('does not begin when generation fails before the first piece', async () => {
    const refused = new CodedError('server_is_overloaded', 'full');
    const { begun, done } = open(() => Promise.reject(refused));
    await expect(done).rejects.toBe(refused);
    expect(begun()).toBe(false);
  });

  it('tells of a failure after the first piece in the usual shape, and does not say that it is done', async () => {
    const broken = new Error('secret');
    const { out, failures, done } = open(async (put) => {
      put(0, delta('It'));
      await Promise.resolve();
      throw broken;
    });
    await done;
    const text = String(out.read());
    expect(failures).toEqual([broken]);
    expect(text).not.toContain('secret');
    expect(text).not.toContain('[DONE]');
    const [, last = ''] = text.split('\n\n');
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { code: 'server_error', type: 'server_error', param: null },
    });
  });

  it('says that it is still there while nothing is generated', async () => {
    const { out, done } = open(
      async () => {
        await Promise.resolve();
        while (!String(out.read() ?? '').includes('keep-alive')) await once(out, 'readable');
        return GENERATION;
      },
      { keepAliveMs: 1 },
    );
    await done;
    out.resume();
    await once(out, 'end');
  });

  it('gives a client that reads slowly longer pieces, all of the text, and the ends of the choices', async () => {
    const text = 'x'.repeat(20_000);
    const { out, done } = open((put) => {
      put(0, delta(text));
      for (const piece of ['a', 'b', 'c']) {
        put(0, delta(piece));
        put(1, delta(piece.toUpperCase()));
      }
      put(0, delta('', 'stop'));
      return Promise.resolve(GENERATION);
    });
    await done;
    const parts: Buffer[] = (await out.toArray()) as Buffer[];
    expect(String(Buffer.concat(parts))).toBe(
      `${chunk(0, text, null)}${chunk(0, 'abc', 'stop')}${chunk(1, 'ABC', null)}${DONE}`,
    );
  });

  it('goes on when a slow client has read', async () => {
    const text = 'x'.repeat(20_000);
    const { out, done } = open(async (put) => {
      await Promise.resolve();
      put(0, delta(text));
      put(0, delta('a'));
      put(0, delta('b'));
      while (!String(out.read() ?? '').includes('"ab"')) await once(out, 'readable');
      put(0, delta('c'));
      return GENERATION;
    });
    await done;
    expect(String(out.read())).toBe(`${chunk(0, 'c', null)}${DONE}`);
  });
});
