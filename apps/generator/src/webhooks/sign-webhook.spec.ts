import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { signWebhook } from './sign-webhook.js';

/** The example that the reference libraries of Standard Webhooks are tested with. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const EXAMPLE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };

describe('the signature of a webhook', () => {
  it('is that of the reference libraries', () => {
    expect(signWebhook([SECRET], EXAMPLE)).toEqual({
      'webhook-id': EXAMPLE.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is one that the client of OpenAI accepts, and no other body has it', async () => {
    const client = new OpenAI({ apiKey: 'unused', webhookSecret: SECRET });
    const message = { id: 'evt-1', timestamp: Math.floor(Date.now() / 1000), body: '{"type":"guard.alarm"}' };
    const headers = signWebhook([SECRET], message);
    await expect(client.webhooks.verifySignature(message.body, headers)).resolves.toBeUndefined();
    await expect(client.webhooks.verifySignature(`${message.body} `, headers)).rejects.toThrow();
  });

  it('is one for each secret, so that receivers with either accept it', async () => {
    const [older, newer] = [SECRET, 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'];
    const message = { id: 'evt-2', timestamp: Math.floor(Date.now() / 1000), body: '{}' };
    const both = signWebhook([newer, older], message);
    for (const webhookSecret of [older, newer]) {
      const client = new OpenAI({ apiKey: 'unused', webhookSecret });
      await expect(client.webhooks.verifySignature(message.body, both)).resolves.toBeUndefined();
      const other = signWebhook([webhookSecret === older ? newer : older], message);
      await expect(client.webhooks.verifySignature(message.body, other)).rejects.toThrow();
    }
  });
});
