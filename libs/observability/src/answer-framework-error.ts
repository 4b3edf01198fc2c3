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

/** Answers bytes that are not HTTP, or heads that are too long, in the usual shape, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const reason = error.code === 'HPE_HEADER_OVERFLOW' ? 'its headers are too long' : 'it is not valid HTTP';
    const body = JSON.stringify(toErrorBody(new CodedError('invalid_value', `The request cannot be read: ${reason}.`)));
    socket.write(
      `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
