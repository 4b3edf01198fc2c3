import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Registry } from '#registry';

/** Who asks for a change, by which request: what goes into the audit. */
export type RequestActor = Required<Pick<Parameters<Registry['revokeApiKey']>[1], 'actor' | 'requestId' | 'claim'>>;

/** Who asks for the change: `handler(@CurrentActor() actor: RequestActor)`. */
export const CurrentActor = createParamDecorator((_data: undefined, context: ExecutionContext): RequestActor => {
  const { apiKey, id: requestId, claim = null } = context.switchToHttp().getRequest<FastifyRequest>();
  if (apiKey === null) throw new Error('@CurrentActor() was used on a route without @RequireScope().');
  return { actor: `${apiKey.name} (${apiKey.id})`, requestId, claim };
});
