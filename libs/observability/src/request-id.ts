import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Visible ASCII without quotes, backslashes and commas: safe in a header, a log line and a shell. */
const SANE_REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;

/**
 * The id of a request: the client's own `x-request-id` where it is sane, otherwise `req_` and 24 hexadecimal digits.
 *
 * The id is kept on the raw request, so that the log line, the answer and the audit row name the same one.
 */
export function requestIdOf(request: IncomingMessage): string {
  if (typeof request.id === 'string') return request.id;
  const given = request.headers['x-request-id'];
  const id =
    typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : `req_${randomBytes(12).toString('hex')}`;
  request.id = id;
  return id;
}
