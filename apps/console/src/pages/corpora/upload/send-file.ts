import { failureOf, toFailure, type ApiFailure } from '../../../api/api-failure.js';
import type { Answer } from '../../../api/client.js';
import { session } from '../../../session/session.js';

/** A file as the service knows it. */
export type UploadedFile = Answer<'/v1/files', 'post'>;

interface SendOptions {
  readonly signal: AbortSignal;
  /** Told how many bytes are on their way, the few of the form around the file included. */
  readonly onSent: (bytes: number) => void;
}

/**
 * Uploads a text. Not by `fetch`, which does not tell how far it is.
 * @throws ApiFailure; whatever the signal was aborted with
 */
export function sendFile(file: Blob, name: string, { signal, onSent }: SendOptions): Promise<UploadedFile> {
  const form = new FormData();
  form.append('purpose', 'fine-tune');
  form.append('file', file, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (failure: ApiFailure): void => reject(failure);
    request.open('POST', '/v1/files');
    if (session.key !== null) request.setRequestHeader('authorization', `Bearer ${session.key}`);
    request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded));
    request.addEventListener('load', () => {
      const { status, statusText, responseText } = request;
      const body = parse(responseText);
      if (status === 401) session.expire();
      if (status >= 200 && status < 300) resolve(body as UploadedFile);
      else fail(failureOf(new Response(null, { status: Math.max(200, status), statusText }), body));
    });
    request.addEventListener('error', () => fail(toFailure(new TypeError('No answer'))));
    request.addEventListener('abort', () => reject(signal.reason as Error));
    signal.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
