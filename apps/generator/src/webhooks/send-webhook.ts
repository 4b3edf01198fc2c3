import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isPrivateHost, publicLookup } from './address-rule.js';

/** Something to be posted. */
export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How it is posted. */
export interface SendOptions {
  readonly allowPrivate: boolean;
  /** For everything together: name, connection, answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface WebhookResult {
  readonly status: number | null;
  /** null when the receiver took it. */
  readonly error: string | null;
  /** Whether the receiver wants nothing more. */
  readonly isFinal?: boolean;
}

/**
 * Posts an event and waits for the head of the answer; its body is not read. A redirection is not followed: it would lead
 * around the rule about addresses.
 *
 * @throws what `signal` was aborted with
 */
export async function sendWebhook(
  post: WebhookPost,
  { allowPrivate, timeoutMs, signal }: SendOptions,
): Promise<WebhookResult> {
  const url = new URL(post.url);
  if (!allowPrivate && isPrivateHost(url)) {
    return { status: null, error: `${url.hostname} is a private address (WEBHOOK_PRIVATE_ADDRESSES)` };
  }
  try {
    const { statusCode = 0 } = await exchange(url, post, {
      ...(allowPrivate ? {} : { lookup: publicLookup }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return judge(statusCode);
  } catch (error) {
    signal.throwIfAborted();
    return { status: null, error: describe(error, timeoutMs) };
  }
}

function exchange(url: URL, { headers, body }: WebhookPost, options: RequestOptions): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const content = Buffer.from(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      ...options,
      method: 'POST',
      agent: false,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': content.length,
        connection: 'close',
      },
    });
    sent.on('error', reject);
    sent.once('response', (response) => {
      resolve(response);
      // However much more there is: the status says all.
      response.on('error', () => undefined).destroy();
    });
    sent.end(content);
  });
}

function judge(status: number): WebhookResult {
  if (status >= 200 && status < 300) return { status, error: null };
  return { status, error: `It answered ${status}.`, isFinal: status === 410 };
}

function describe(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `It did not answer within ${timeoutMs / 1000} s.`;
  // Of several addresses each has failed for a reason of its own.
  const reason = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return (reason instanceof Error ? reason.message : String(reason)).slice(0, 200);
}
