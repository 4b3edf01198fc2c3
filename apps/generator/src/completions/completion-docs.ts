import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import { ERROR, type Schema } from '../error-docs.js';

const COUNT: Schema = { type: 'integer', minimum: 0 };

const LOGPROBS: Schema = {
  type: 'object',
  nullable: true,
  description: 'Lists of the same length, one entry for each token; null unless logprobs was sent.',
  properties: {
    tokens: { type: 'array', items: { type: 'string' } },
    token_logprobs: { type: 'array', items: { type: 'number', nullable: true } },
    top_logprobs: {
      type: 'array',
      items: { type: 'object', nullable: true, additionalProperties: { type: 'number' } },
    },
    text_offset: { type: 'array', items: { type: 'integer' } },
  },
};

const COMPLETION: Schema = {
  type: 'object',
  required: ['id', 'object', 'created', 'model', 'system_fingerprint', 'choices'],
  properties: {
    id: { type: 'string', example: 'cmpl-I0YZ5oKgEe87uYdlHIN-' },
    object: { type: 'string', enum: ['text_completion'] },
    created: { type: 'integer', description: 'Unix time in seconds.' },
    model: { type: 'string', description: 'The version that generated, whatever name the request used.' },
    system_fingerprint: { type: 'string', description: 'Names weights, tokenizer, precision and code.' },
    choices: {
      type: 'array',
      items: {
        type: 'object',
        required: ['text', 'index', 'logprobs', 'finish_reason'],
        properties: {
          text: { type: 'string' },
          index: { ...COUNT, description: 'Runs over the prompts, and for each over its n choices.' },
          logprobs: LOGPROBS,
          finish_reason: {
            type: 'string',
            nullable: true,
            enum: ['stop', 'length'],
            description: 'null in a chunk that is not the last of its choice.',
          },
        },
      },
    },
    usage: {
      type: 'object',
      nullable: true,
      properties: { prompt_tokens: COUNT, completion_tokens: COUNT, total_tokens: COUNT },
    },
  },
};

const WORDS: Readonly<Record<string, string>> = {
  'x-request-id': 'Id of the request; the one that was sent, if it is sane.',
  'openai-processing-ms': 'Milliseconds until the head of the answer.',
  'x-model-version': 'The version that generated.',
  'x-release-arm':
    'incumbent: the version of the deployment; candidate: one that a release tries out; former: the one before a promotion that is watched; pinned: one that the request names.',
  'x-ratelimit-limit-requests': 'Requests per minute of the key. Absent where it has no limit, as all of these.',
  'x-ratelimit-remaining-requests': 'Requests left.',
  'x-ratelimit-reset-requests': 'When all are back, such as 6m0s.',
  'x-ratelimit-limit-tokens': 'Tokens per minute of the key.',
  'x-ratelimit-remaining-tokens': 'Tokens left.',
  'x-ratelimit-reset-tokens': 'When all are back.',
  warning: 'What a lenient server ignored.',
};

const HEADERS = Object.fromEntries(
  Object.entries(WORDS).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]),
);

const RETRY_HEADERS = {
  'retry-after': { description: 'Seconds until it is worth trying again.', schema: { type: 'string' as const } },
  'retry-after-ms': { description: 'The same in milliseconds.', schema: { type: 'string' as const } },
};

const REFUSALS: readonly (readonly [status: number, description: string, headers?: typeof RETRY_HEADERS])[] = [
  [400, 'A field is wrong, unknown, unsupported, or does not go together with another one; the prompt is too long.'],
  [401, 'No API key, or a wrong one.'],
  [403, 'The API key lacks the scope completions.'],
  [404, 'No such model.'],
  [408, 'The request took too long to arrive.'],
  [413, 'The body is too large.'],
  [429, 'The API key has used up a limit.', RETRY_HEADERS],
  [503, 'The server is overloaded, or has no model ready.', RETRY_HEADERS],
];

/** The answers of a completion request, for the API page. */
export function CompletionAnswers(): MethodDecorator {
  return applyDecorators(
    ApiOkResponse({
      description:
        'A text_completion object. With stream: server-sent events of the same shape, and comments while the request waits, closed by "data: [DONE]"; an error after the first event is an event with "error".',
      headers: HEADERS,
      content: { 'application/json': { schema: COMPLETION }, 'text/event-stream': { schema: { type: 'string' } } },
    }),
    ...REFUSALS.map(([status, description, headers]) =>
      ApiResponse({
        status,
        description,
        content: { 'application/json': { schema: ERROR } },
        ...(headers && { headers }),
      }),
    ),
  );
}
