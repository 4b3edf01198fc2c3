import { applyDecorators } from '@nestjs/common';
import { ApiDefaultResponse, ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import { ERROR, type Schema } from '../error-docs.js';

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

const REFUSED = ApiDefaultResponse({
  description:
    '400: a field is wrong; 401 and 403: the API key; 404: no such object; 409: its state does not allow it; 503: the database is away.',
  schema: ERROR,
});

/** Documents what a route answers. */
export function Answers(schema: Schema, status = 200): MethodDecorator {
  return applyDecorators(ApiResponse({ status, description: 'Done.', schema }), REFUSED);
}

/** Documents that a route answers with server-sent events. */
export function AnswersEvents(description: string): MethodDecorator {
  const content = { 'text/event-stream': { schema: FIELD.text } };
  return applyDecorators(ApiOkResponse({ description, content }), REFUSED);
}

/** Documents that a route answers a part of a list. */
export function AnswersList(item: Schema): MethodDecorator {
  const schema = fieldsSchema({ object: oneOf(['list']), data: arrayOf(item), has_more: FIELD.flag });
  const description = 'A page; the next one is asked for with after = the id of the last item.';
  return applyDecorators(ApiOkResponse({ description, schema }), REFUSED);
}
