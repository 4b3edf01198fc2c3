import { createHash } from 'node:crypto';
import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { CodedError } from '#errors';
import { Registry } from '#registry';
import { openAnswer, sealAnswer } from './seal-answer.js';

type Claim = Parameters<Registry['repeatableRequests']['giveUp']>[0];

declare module 'fastify' {
  interface FastifyRequest {
    /** The right to carry this request out, where it may come again. */
    claim?: Claim;
  }
}

/** Visible ASCII, so that it can stand in a message and a log line. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Carries a request with the header Idempotency-Key out once, however often it is sent within a day with the same API key:
 * later ones get the first answer, with the header `idempotent-replayed`. What was refused or failed before it changed
 * anything may be tried again with the same key.
 *
 * @see https://docs.stripe.com/api/idempotent_requests
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #logger = new Logger(IdempotencyInterceptor.name);

  constructor(private readonly registry: Registry) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return next.handle();
    return from(this.#carryOutOnce(String(key), request, http.getResponse<FastifyReply>(), next));
  }

  async #carryOutOnce(key: string, request: FastifyRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    if (!KEY.test(key)) {
      throw new CodedError(
        'invalid_value',
        `Idempotency-Key must have 1 to 255 visible ASCII characters; got ${key.length}.`,
        { param: 'Idempotency-Key' },
      );
    }
    const { apiKey, id: requestId } = request;
    if (apiKey === null) throw new Error('An idempotent route needs @RequireScope().');
    const requests = this.registry.repeatableRequests;
    const outcome = await requests.claim({ apiKeyId: apiKey.id, key, fingerprint: fingerprintOf(request), requestId });
    const secret = secretOf(request);
    if (outcome.kind === 'answered') {
      void reply.header('idempotent-replayed', 'true');
      return JSON.parse(openAnswer(secret, outcome.answer)) as unknown;
    }
    const { claim } = outcome;
    request.claim = claim;
    const answer: unknown = await lastValueFrom(next.handle()).catch(async (error: unknown) => {
      await this.#attempt(requests.giveUp(claim), 'could not give a request up');
      throw error;
    });
    await this.#attempt(requests.answer(claim, sealAnswer(secret, JSON.stringify(answer))), 'could not keep an answer');
    return answer;
  }

  /** The request has been decided: what fails now costs its client no more than that it cannot be sent again. */
  async #attempt(step: Promise<void>, message: string): Promise<void> {
    await step.catch((error: unknown) => this.#logger.warn({ err: error, msg: message }));
  }
}

/** The API key itself; the guard has checked the form of the header. */
function secretOf({ headers }: FastifyRequest): string {
  return headers.authorization?.trim().split(/ +/).at(-1) ?? '';
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(`${method} ${url}\n${JSON.stringify(body ?? null)}`)
    .digest('hex');
}
