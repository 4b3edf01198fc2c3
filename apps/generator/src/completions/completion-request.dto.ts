import { IntegerField, NumberField, OptionalField, RequiredField, UnsupportedField } from './request-fields.js';

/** A prompt as it may be sent; null stands for the start of a document. */
export type Prompt = string | string[] | number[] | number[][] | null;

const MAX_STOPS = 4;
/** 2^63: what a signed 64-bit integer can hold. */
const INT64 = 2 ** 63;

const PROMPT_KINDS =
  'must be a string, a non-empty array of strings, a non-empty array of token ids, a non-empty array of such arrays, or null for the start of a document';

/** Body of `POST /v1/completions`. Every field of the protocol is declared, so that none is ever ignored. */
export class CompletionRequestDto {
  @RequiredField((value) => (typeof value === 'string' && value !== '' ? null : 'must be a non-empty string'), {
    type: String,
    description: 'A model version, a preset (its newest released version), a deployment, or an alias.',
    example: 'production',
  })
  model!: string;

  @RequiredField((value) => (isPrompt(value) ? null : PROMPT_KINDS), {
    description: 'Text or texts to continue, as strings or token ids; null for the start of a document.',
    nullable: true,
    oneOf: [
      { type: 'string' },
      { type: 'array', items: { type: 'string' } },
      { type: 'array', items: { type: 'integer' } },
      { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
    ],
    example: 'It was a dark night, and',
  })
  prompt!: Prompt;

  @IntegerField({ minimum: 0, default: 16, description: 'Most tokens to generate per choice.' })
  max_tokens?: number | null;

  @NumberField({
    minimum: 0,
    maximum: 2,
    default: 1,
    description: 'Sampling temperature; 0 always takes the likeliest token.',
  })
  temperature?: number | null;

  @NumberField({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'Samples from the likeliest tokens that together have this probability.',
  })
  top_p?: number | null;

  @IntegerField({
    minimum: 0,
    default: 0,
    description: 'Samples from this many of the likeliest tokens; 0 from all. An extension of the protocol.',
  })
  top_k?: number | null;

  @OptionalField(
    (value) => (isStop(value) ? null : `must be a non-empty string or an array of 1 to ${MAX_STOPS} of them`),
    {
      description: 'Texts that end a choice; they are not returned.',
      nullable: true,
      oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: MAX_STOPS }],
    },
  )
  stop?: string | string[] | null;

  @IntegerField({
    minimum: -INT64,
    maximum: INT64,
    description: 'The same seed, request and model version give the same text.',
  })
  seed?: number | null;

  @OptionalField((value) => (typeof value === 'boolean' ? null : 'must be true or false'), {
    type: Boolean,
    default: false,
    nullable: true,
    description: 'Answers with server-sent events while the text is generated.',
  })
  stream?: boolean | null;

  @IntegerField({ minimum: 1, maximum: 128, default: 1, description: 'How many choices to generate for each prompt.' })
  n?: number | null;

  @OptionalField((value) => (typeof value === 'string' ? null : 'must be a string'), {
    type: String,
    nullable: true,
    description: 'A name for the end user on whose behalf the request is made.',
  })
  user?: string | null;

  @UnsupportedField(false) echo?: boolean | null;
  @UnsupportedField() logprobs?: number | null;
  @UnsupportedField(0, 1) best_of?: number | null;
  @UnsupportedField(0) presence_penalty?: number | null;
  @UnsupportedField(0) frequency_penalty?: number | null;
  @UnsupportedField('empty object') logit_bias?: Record<string, number> | null;
  @UnsupportedField() stream_options?: Record<string, unknown> | null;
  @UnsupportedField() suffix?: string | null;
  @UnsupportedField(0) min_p?: number | null;
  @UnsupportedField(1) typical_p?: number | null;
  @UnsupportedField(1) repetition_penalty?: number | null;
  @UnsupportedField(0) no_repeat_ngram_size?: number | null;
  @UnsupportedField(0) min_tokens?: number | null;
  @UnsupportedField(false) ignore_eos?: boolean | null;
  @UnsupportedField(false) use_beam_search?: boolean | null;
  @UnsupportedField() beam_width?: number | null;
  @UnsupportedField() length_penalty?: number | null;
  @UnsupportedField() truncate_prompt_tokens?: number | null;
}

function isPrompt(value: unknown): value is Prompt {
  if (value === null || typeof value === 'string') return true;
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((item) => typeof item === 'string') || isTokenIds(value) || value.every(isTokenIds);
}

function isTokenIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id) && Number(id) >= 0);
}

function isStop(value: unknown): value is string | string[] {
  if (!Array.isArray(value)) return isStopText(value);
  return value.length >= 1 && value.length <= MAX_STOPS && value.every(isStopText);
}

function isStopText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
