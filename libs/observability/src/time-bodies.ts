import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { answerClientError } from './answer-framework-error.js';

/** Refuses requests whose body does not arrive in time, but for those to some paths. */
export function timeBodies(fastify: FastifyInstance, timeoutMs: number, untimedPaths: readonly string[]): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request;
    if (hasBody(raw) && !raw.complete && !untimedPaths.some((path) => raw.url?.startsWith(path))) {
      const timer = setTimeout(() => refuse(raw), timeoutMs);
      raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    }
    done();
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function refuse({ complete, socket }: IncomingMessage): void {
  if (!complete) answerClientError(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
}
