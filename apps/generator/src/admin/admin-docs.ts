import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';

/** The kind of schema that the documentation is written in. */
export type Schema = NonNullable<Extract<ApiResponseOptions, { schema: unknown }>['schema']>;

/** The kinds of fields that objects of the administration have. */
export const FIELD = {
  text: { type: 'string' },
  flag: { type: 'boolean' },
  count: { type: 'integer', minimum: 0 },
  number: { type: 'number' },
  time: { type: 'integer', description: 'Unix time in seconds.' },
  anything: { type: 'object', additionalProperties: true },
} as const satisfies Record<string, Schema>;

/** One of a few words. */
export function oneOf(words: readonly string[]): Schema {
  return { type: 'string', enum: [...words] };
}

export function arrayOf(items: Schema): Schema {
  return { type: 'array', items };
}

export function nullable(schema: Schema): Schema {
  return { ...schema, nullable: true };
}

/** A field with a sentence about what it means. */
export function about(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

/** An object of the API with all of its fields; none is ever left out. */
export function objectSchema(kind: string, fields: Readonly<Record<string, Schema>>): Schema {
  return fieldsSchema({ object: oneOf([kind]), ...fields });
}

/** A part of an object. */
export function fieldsSchema(fields: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', required: Object.keys(fields), properties: { ...fields } };
}

/** What comes of the deletion of an object. */
export function deletedSchema(kind: string): Schema {
  return objectSchema(kind, { id: FIELD.text, deleted: { type: 'boolean', enum: [true] } });
}

/** Documents what a route answers. */
export function Answers(schema: Schema, status = 200): MethodDecorator {
  return applyDecorators(ApiResponse({ status, description: 'Done.', schema }));
}

/** Documents that a route answers a part of a list. */
export function AnswersList(item: Schema): MethodDecorator {
  const schema = fieldsSchema({ object: oneOf(['list']), data: arrayOf(item), has_more: FIELD.flag });
  return ApiOkResponse({
    description: 'A page; the next one is asked for with after = the id of the last item.',
    schema,
  });
}
