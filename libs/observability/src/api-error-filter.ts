import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { ERROR_CATALOGUE, toErrorBody, type CodedError } from '#errors';
import { OBSERVABILITY_OPTIONS, type ObservabilityOptions } from './observability-options.js';
import { toCodedError } from './to-coded-error.js';

/**
 * The only place where an error becomes an HTTP answer: the OpenAI shape with all four keys.
 *
 * What nobody foresaw is logged with its stack and answered without it.
 */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: PinoLogger,
    @Inject(OBSERVABILITY_OPTIONS) private readonly options: ObservabilityOptions,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = toCodedError(thrown, this.options.maxBodyBytes);
    // Of a client that goes away while it sends, nothing failed here and nobody is left to be answered.
    const isGone = request.raw.destroyed && !request.raw.complete;
    if (!isGone && (error === null || error.status >= 500)) {
      this.logger.error({ err: thrown, reqId: request.id, code: error?.code ?? 'server_error' }, 'request failed');
    }
    // The head of a stream is out already: its writer reports the failure inside the stream.
    if (reply.sent || reply.raw.headersSent) return;
    void reply
      .code(error?.status ?? 500)
      .headers(errorHeaders(error))
      .type('application/json; charset=utf-8')
      .send(toErrorBody(error ?? thrown));
  }
}

/** `retry-after` where trying again helps, `x-should-retry: false` where official clients would retry in vain. */
function errorHeaders(error: CodedError | null): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error === null) return headers;
  if (error.retryAfterMs !== undefined) {
    headers['retry-after-ms'] = String(Math.ceil(error.retryAfterMs));
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000));
  }
  if (error.status === 401) headers['www-authenticate'] = 'Bearer';
  const isInVain = error.status >= 500 && !ERROR_CATALOGUE[error.code].retried;
  // A limit that no wait helps with.
  const isTooMuch = error.status === 429 && error.retryAfterMs === undefined;
  if (isInVain || isTooMuch) headers['x-should-retry'] = 'false';
  return headers;
}
