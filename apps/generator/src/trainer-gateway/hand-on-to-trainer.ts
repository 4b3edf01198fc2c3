import httpProxy from '@fastify/http-proxy';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CodedError, toErrorBody } from '#errors';

/** The paths of the trainer that the generator answers, too: one address is enough for clients and for the console. */
export const TRAINER_PATHS: readonly string[] = [
  '/v1/files',
  '/v1/fine_tuning',
  '/v1/upgrade-experiments',
  '/v1/upgrade-advice',
];

const RETRY_MS = 2000;

/**
 * Hands requests for the trainer on to it, bodies and answers as streams. The trainer checks their key itself.
 * @param trainerUrl null: it is not known where the trainer is, and such requests are told so
 */
export async function handOnToTrainer(app: NestFastifyApplication, trainerUrl: string | null): Promise<void> {
  await app.register(async (scope: FastifyInstance) => {
    // Bodies go through as they are, JSON too.
    scope.removeAllContentTypeParsers();
    for (const path of TRAINER_PATHS) await register(scope, path, trainerUrl);
  });
}

async function register(scope: FastifyInstance, path: string, trainerUrl: string | null): Promise<void> {
  if (trainerUrl === null) {
    const text =
      'This generator does not know where the trainer is. Set TRAINER_URL, or send the request to the trainer itself.';
    scope.all(path, (_request, reply) => refuse(reply, text));
    scope.all(`${path}/*`, (_request, reply) => refuse(reply, text));
    return;
  }
  await scope.register(httpProxy, {
    upstream: trainerUrl,
    prefix: path,
    rewritePrefix: path,
    // Uploads and streams of events take as long as they take.
    undici: { headersTimeout: 0, bodyTimeout: 0, connections: 256, pipelining: 1 },
    retryMethods: [],
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({ ...headers, 'x-request-id': request.id }),
      onError: (reply, { error }) => {
        const text = `The trainer cannot be reached at the moment (${reasonOf(error)}). Completions and releases go on without it; try again.`;
        refuse(reply as FastifyReply, text);
      },
    },
  });
}

function refuse(reply: FastifyReply, text: string): void {
  const error = new CodedError('trainer_unavailable', text, { retryAfterMs: RETRY_MS });
  void reply
    .code(error.status)
    .header('retry-after', String(RETRY_MS / 1000))
    .type('application/json; charset=utf-8')
    .send(toErrorBody(error));
}

function reasonOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message;
}
