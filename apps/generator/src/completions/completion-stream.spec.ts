import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CodedError } from '#errors';
import type { CompletionHead } from './completion-shape.js';
import { streamCompletion, type StreamOptions } from './completion-stream.js';

const HEAD: CompletionHead = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 7,
  model: 'ft:small:understudy:abcdefgh',
  system_fingerprint: 'fp_1',
};

function chunk(index: number, text: string, finishReason: string | null): string {
  const choices = [{ text, index, logprobs: null, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ ...HEAD, choices })}\n\n`;
}

function open(run: StreamOptions['run'], more: Partial<StreamOptions> = {}): Promise<Readable> {
  const onLateFailure = (): void => undefined;
  return streamCompletion({ head: HEAD, run, signal: new AbortController().signal, onLateFailure, ...more });
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const part of stream) text += String(part);
  return text;
}

describe('a completion stream', () => {
  it('is a frame for each piece of text and each end, and one that closes it', async () => {
    const stream = await open((options) => {
      options.onText?.(0, 'It\nwas');
      options.onText?.(1, 'a "night"');
      options.onFinished?.(1, 'length');
      options.onFinished?.(0, 'stop');
      return Promise.resolve();
    });
    expect(await textOf(stream)).toBe(
      `${chunk(0, 'It\nwas', null)}${chunk(1, 'a "night"', null)}${chunk(1, '', 'length')}${chunk(0, '', 'stop')}data: [DONE]\n\n`,
    );
  });

  it('does not begin when generation fails before the first piece', async () => {
    const refused = new CodedError('server_is_overloaded', 'full');
    await expect(open(() => Promise.reject(refused))).rejects.toBe(refused);
  });

  it('tells of a failure after the first piece in the usual shape, and does not say that it is done', async () => {
    const failures: unknown[] = [];
    const broken = new Error('secret');
    const stream = await open(
      async (options) => {
        options.onText?.(0, 'It');
        await Promise.resolve();
        throw broken;
      },
      { onLateFailure: (error) => failures.push(error) },
    );
    const [first, last, end] = (await textOf(stream)).split('\n\n');
    expect(`${first}\n\n`).toBe(chunk(0, 'It', null));
    expect(JSON.parse(last?.slice('data: '.length) ?? '')).toMatchObject({
      error: { code: 'server_error', param: null },
    });
    expect(last).not.toContain('secret');
    expect(end).toBe('');
    expect(failures).toEqual([broken]);
  });

  it('says that it is alive while nothing comes', async () => {
    let goOn = (): void => undefined;
    const told = new Promise<void>((resolve) => (goOn = resolve));
    const stream = await open(
      async (options) => {
        await told;
        options.onFinished?.(0, 'stop');
      },
      { keepAliveMs: 1 },
    );
    const parts = stream[Symbol.asyncIterator]();
    expect(String((await parts.next()).value)).toBe(': keep-alive\n\n');
    goOn();
    let rest = '';
    for (let part = await parts.next(); part.done !== true; part = await parts.next()) rest += String(part.value);
    expect(rest.replaceAll(': keep-alive\n\n', '')).toBe(`${chunk(0, '', 'stop')}data: [DONE]\n\n`);
  });

  it('ends without a word when the client is gone', async () => {
    const gone = new AbortController();
    const stream = await open(
      (options) => {
        options.onText?.(0, 'It');
        gone.abort();
        return Promise.reject(new Error('stopped'));
      },
      { signal: gone.signal },
    );
    expect(await textOf(stream)).toBe('');
  });
});
