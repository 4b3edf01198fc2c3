import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CodedError, toErrorBody } from '#errors';

/** Answers what the router refuses before any hook runs (a malformed path, an over-long id), in the usual shape. */
export function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const refused = new CodedError('invalid_value', `The path of the request cannot be read: ${error.message}.`);
  void reply
    .code(refused.status)
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    .send(toErrorBody(refused));
}

/** Answers what does not become a request (bytes that are not HTTP, heads that are too long, bodies that do not come) in the usual shape, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const refused = refusalOf(error.code);
    const body = JSON.stringify(toErrorBody(refused));
    socket.write(
      `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

function refusalOf(code: string | undefined): CodedError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new CodedError(
      'request_timeout',
      'The request did not arrive in time (REQUEST_TIMEOUT_MS). Send it again, faster.',
    );
  const reason = code === 'HPE_HEADER_OVERFLOW' ? 'its headers are too long' : 'it is not valid HTTP';
  return new CodedError('invalid_value', `The request cannot be read: ${reason}.`);
}
