import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ApiScope } from '#registry';
import type { ApiKeyIdentity } from './api-key-cache.js';

/** Metadata key of the scope that a handler or controller needs; `any` needs a key of whatever scope, `public` needs none. */
export const ACCESS_METADATA = 'understudy:access';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard on every route that needs a scope. */
    apiKey: ApiKeyIdentity | null;
  }
}

/** Lets only API keys with this scope (or `admin`) through. On a handler it overrides the one on its controller. */
export function RequireScope(scope: ApiScope): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS_METADATA, scope), ApiBearerAuth());
}

/** Lets every valid API key through, whatever its scopes. */
export function RequireKey(): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS_METADATA, 'any'), ApiBearerAuth());
}

/** Lets everybody through: health, metrics. */
export function Public(): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS_METADATA, 'public'));
}

/** The owner of the API key of this request: `handler(@CurrentApiKey() owner: ApiKeyIdentity)`. */
export const CurrentApiKey = createParamDecorator((_data: undefined, context: ExecutionContext): ApiKeyIdentity => {
  const owner = context.switchToHttp().getRequest<FastifyRequest>().apiKey;
  if (owner === null) throw new Error('@CurrentApiKey() was used on a route without @RequireScope().');
  return owner;
});
