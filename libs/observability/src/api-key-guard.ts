import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { CodedError } from '#errors';
import type { ApiScope } from '#registry';
import { ApiKeyCache } from './api-key-cache.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityOptions } from './observability-options.js';
import { ACCESS_METADATA } from './scopes.js';

/**
 * Lets a request through when its `Authorization: Bearer <key>` has the scope that the route declares.
 *
 * A route that declares nothing answers nobody: forgetting a decorator must not open a door.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #cache: ApiKeyCache;

  constructor(
    private readonly reflector: Reflector,
    @Inject(OBSERVABILITY_OPTIONS) options: ObservabilityOptions,
  ) {
    this.#cache = new ApiKeyCache(options.verifyApiKey, options.apiKeyCacheMs);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<ApiScope | 'any' | 'public' | undefined>(ACCESS_METADATA, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    if (access === undefined) {
      throw new Error(
        `${context.getClass().name}.${context.getHandler().name} needs @RequireScope(...), @RequireKey() or @Public().`,
      );
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const owner = await this.#cache.identify(bearerKeyOf(request), request.ip);
    if (owner === null) {
      throw new CodedError('invalid_api_key', 'Incorrect API key provided: it does not exist or was revoked.');
    }
    if (access !== 'any' && !owner.scopes.includes(access) && !owner.scopes.includes('admin')) {
      const scopes = owner.scopes.length === 0 ? 'none' : owner.scopes.join(', ');
      throw new CodedError(
        'insufficient_scope',
        `This API key lacks the scope "${access}"; it has: ${scopes}. Use another key, or have one made.`,
      );
    }
    request.apiKey = owner;
    return true;
  }
}

function bearerKeyOf(request: FastifyRequest): string {
  const header = request.headers.authorization;
  const key = header === undefined ? undefined : /^Bearer +(\S{1,512}) *$/i.exec(header)?.[1];
  if (key !== undefined) return key;
  throw new CodedError(
    'invalid_api_key',
    header === undefined
      ? 'No API key provided. Send it as the header "Authorization: Bearer YOUR_KEY".'
      : 'The Authorization header is not of the form "Authorization: Bearer YOUR_KEY".',
  );
}
