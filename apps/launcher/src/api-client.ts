import { CodedError, ERROR_CATALOGUE, type ErrorCode } from '#errors';

/** A request to one of our services. */
export interface ApiRequest {
  readonly path: string;
  /** Sent as JSON by POST; GET where there is none. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** Speaks to a service over HTTP with an API key. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  /** @throws the coded error that the service answers with */
  async json<T>({ path, body, signal }: ApiRequest): Promise<T> {
    return await this.send<T>(path, {
      signal,
      ...(body === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  }

  /** Gets a text, such as a report as Markdown. @throws the coded error that the service answers with */
  async text(path: string, accept: string, signal: AbortSignal): Promise<string> {
    return await this.request(path, { headers: { accept }, signal });
  }

  /** Posts a stream, such as a form with a large file in it. @throws the coded error that the service answers with */
  async stream<T>(path: string, contentType: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<T> {
    return await this.send<T>(path, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': contentType },
      signal,
    });
  }

  /** Deletes an object. @throws the coded error that the service answers with */
  async remove(path: string, signal: AbortSignal): Promise<void> {
    await this.send(path, { method: 'DELETE', signal });
  }

  private async send<T>(path: string, init: RequestInit & { duplex?: 'half' }): Promise<T> {
    return JSON.parse(await this.request(path, init)) as T;
  }

  private async request(path: string, init: RequestInit & { duplex?: 'half' }): Promise<string> {
    const response = await fetch(`${this.url}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${this.key}` },
    });
    const text = await response.text();
    if (!response.ok) throw toCodedError(path, response.status, text);
    return text;
  }
}

function toCodedError(path: string, status: number, text: string): CodedError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    if (Object.hasOwn(ERROR_CATALOGUE, error.code)) return new CodedError(error.code as ErrorCode, error.message);
  } catch {
    // Not one of our answers; told as it came.
  }
  return new CodedError('server_error', `${path} was answered with status ${status}: ${text.slice(0, 200)}`);
}
