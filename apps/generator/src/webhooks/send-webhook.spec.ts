import { afterEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { openWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.js';
import { sendWebhook, type SendOptions } from './send-webhook.js';

guardAgainstLeaks();

let receiver: WebhookReceiver | undefined;
afterEach(() => receiver?.close());

const OPTIONS = { allowPrivate: true, timeoutMs: 10_000, signal: new AbortController().signal };

function send(url: string, options: Partial<SendOptions> = {}): ReturnType<typeof sendWebhook> {
  return sendWebhook({ url, headers: { 'webhook-id': 'evt-1' }, body: '{"ä":1}' }, { ...OPTIONS, ...options });
}

describe('sending a webhook', () => {
  it('posts the body as it is, with its headers', async () => {
    receiver = await openWebhookReceiver();
    expect(await send(`${receiver.url}/hook?a=b`)).toEqual({ status: 204, error: null });
    expect(receiver.messages).toMatchObject([
      { path: '/hook?a=b', body: '{"ä":1}', headers: { 'webhook-id': 'evt-1', 'content-type': 'application/json' } },
    ]);
  });

  it.each([
    [200, null, undefined],
    [299, null, undefined],
    [301, 'It answered 301.', false],
    [404, 'It answered 404.', false],
    [410, 'It answered 410.', true],
    [500, 'It answered 500.', false],
  ])('takes %i for what it is, and follows no redirection', async (status, error, isFinal) => {
    receiver = await openWebhookReceiver((_message, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(100_000)),
    );
    expect(await send(receiver.url)).toEqual({ status, error, ...(isFinal === undefined ? {} : { isFinal }) });
    expect(receiver.messages).toHaveLength(1);
  });

  it('waits for an answer no longer than it is told to', async () => {
    receiver = await openWebhookReceiver(() => undefined);
    expect(await send(receiver.url, { timeoutMs: 50 })).toEqual({
      status: null,
      error: 'It did not answer within 0.05 s.',
    });
  });

  it('says why nothing could be sent', async () => {
    receiver = await openWebhookReceiver((_message, response) => response.destroy());
    expect(await send(receiver.url)).toMatchObject({ status: null, error: 'socket hang up' });
    await receiver.close();
    expect(await send(receiver.url)).toMatchObject({ error: expect.stringContaining('ECONNREFUSED') as string });
    expect(await send('http://nowhere.invalid/')).toMatchObject({ status: null });
  });

  it('is ended by whoever began it', async () => {
    const stop = new AbortController();
    receiver = await openWebhookReceiver(() => stop.abort(new Error('stopping')));
    await expect(send(receiver.url, { signal: stop.signal })).rejects.toThrow('stopping');
  });

  it('reaches no private address unless that is allowed, by number or by name', async () => {
    receiver = await openWebhookReceiver();
    for (const host of ['127.0.0.1', 'localhost']) {
      const result = await send(receiver.url.replace('127.0.0.1', host), { allowPrivate: false });
      expect(result).toMatchObject({
        status: null,
        error: expect.stringContaining('WEBHOOK_PRIVATE_ADDRESSES') as string,
      });
    }
    expect(receiver.messages).toEqual([]);
  });
});
