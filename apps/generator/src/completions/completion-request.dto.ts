import { CompletionExtensionsDto } from './completion-extensions.dto.js';
import { BooleanField, IntegerField, NumberField, OptionalField, RequiredField, TextField } from './request-fields.js';

/** A prompt as it may be sent; null stands for the start of a document. */
export type Prompt = string | string[] | number[] | number[][] | null;

/** As sent; a member that does not exist is refused by {@link ValidCompletionRequest}. */
interface StreamOptions {
  readonly include_usage?: boolean | null;
  readonly include_obfuscation?: boolean | null;
}

const MAX_STOPS = 4;
/** 2^63: what a signed 64-bit integer can hold. */
const INT64 = 2 ** 63;
const MAX_BIAS = 100;

const PROMPT_KINDS =
  'must be a string, a non-empty array of strings, a non-empty array of token ids, a non-empty array of such arrays, or null for the start of a document';

/** Body of `POST /v1/completions`. Every field of the protocol is declared, so that none is ever ignored. */
export class CompletionRequestDto extends CompletionExtensionsDto {
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

  @IntegerField({
    minimum: 0,
    default: 16,
    description: 'Most tokens to generate per choice. 0 with echo and logprobs scores the prompt.',
  })
  max_tokens?: number | null;

  @IntegerField({ minimum: 1, maximum: 128, default: 1, description: 'How many choices to generate for each prompt.' })
  n?: number | null;

  @IntegerField({
    minimum: 0,
    maximum: 20,
    default: 1,
    description:
      'Generates this many texts per prompt and returns the n with the highest log-probability per token; at least n, not with stream. 0 counts as left out.',
  })
  best_of?: number | null;

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
    minimum: 0,
    maximum: 5,
    description:
      'Tells the log-probability of each token, and beside it those of this many of the likeliest ones; left out or null tells none.',
  })
  logprobs?: number | null;

  @BooleanField('Begins each choice with the prompt; with logprobs the prompt is scored, too.')
  echo?: boolean | null;

  @BooleanField('Answers with server-sent events while the text is generated.')
  stream?: boolean | null;

  @OptionalField((value) => (isObject(value) ? null : 'must be an object with include_usage, true or false'), {
    description:
      'Only with stream. include_usage: a last chunk without choices tells the usage. include_obfuscation: each chunk has random characters that hide the length of its text.',
    nullable: true,
    type: 'object',
    properties: { include_usage: { type: 'boolean' }, include_obfuscation: { type: 'boolean' } },
    additionalProperties: false,
  })
  stream_options?: StreamOptions | null;

  @NumberField({
    minimum: -2,
    maximum: 2,
    default: 0,
    description: 'Is taken from the logit of each token that the text has already.',
  })
  presence_penalty?: number | null;

  @NumberField({
    minimum: -2,
    maximum: 2,
    default: 0,
    description: 'Is taken from the logit of a token for each time that the text has it already.',
  })
  frequency_penalty?: number | null;

  @OptionalField(
    (value) =>
      isLogitBias(value) ? null : `must be an object from token ids to numbers between -${MAX_BIAS} and ${MAX_BIAS}`,
    {
      description: `Token ids and what is added to their logits, from -${MAX_BIAS} to ${MAX_BIAS}. 0 changes nothing.`,
      nullable: true,
      type: 'object',
      additionalProperties: { type: 'number', minimum: -MAX_BIAS, maximum: MAX_BIAS },
    },
  )
  logit_bias?: Readonly<Record<string, number>> | null;

  @IntegerField({
    minimum: -INT64,
    maximum: INT64,
    description: 'The same seed, request and model version give the same text.',
  })
  seed?: number | null;

  @TextField('Refused: no model of this server fills in before a given end.')
  suffix?: string | null;

  @TextField('A name for the end user on whose behalf the request is made.')
  user?: string | null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the keys are token ids is not known before the model is; a bias of 0 may have any key. */
function isLogitBias(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.values(value).every((bias: unknown) => typeof bias === 'number' && Math.abs(bias) <= MAX_BIAS)
  );
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
