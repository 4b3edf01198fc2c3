import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiConflictResponse, ApiHeader } from '@nestjs/swagger';
import { IdempotencyInterceptor } from './idempotency-interceptor.js';

/** For every route of the administration that changes something. */
export function IdempotentWrite(): MethodDecorator {
  return applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Any name for this request: sent again with it within 24 hours, it is answered as before and done once.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiConflictResponse({
      description: 'The state does not allow it, or the Idempotency-Key belongs to another request or one under way.',
    }),
  );
}
