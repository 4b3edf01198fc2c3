import type { ApiResponseOptions } from '@nestjs/swagger';

/** The kind of schema that the documentation is written in. */
export type Schema = NonNullable<Extract<ApiResponseOptions, { schema: unknown }>['schema']>;

/** The shape of every error answer. */
export const ERROR: Schema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: 'string', nullable: true },
        code: { type: 'string' },
      },
    },
  },
};
