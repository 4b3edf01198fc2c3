import { BooleanField, IntegerField, NumberField } from './request-fields.js';

/** Fields of a completion request that OpenAI's protocol does not have; other servers use the same names. */
export class CompletionExtensionsDto {
  @IntegerField({
    minimum: 0,
    default: 0,
    description: 'Extension. Samples from this many of the likeliest tokens; 0 from all.',
  })
  top_k?: number | null;

  @NumberField({
    minimum: 0,
    maximum: 1,
    default: 0,
    description:
      'Extension. Samples from tokens at least this many times as probable as the likeliest one; 0 from all.',
  })
  min_p?: number | null;

  @NumberField({
    minimum: 0,
    exclusiveMinimum: true,
    maximum: 1,
    default: 1,
    description:
      'Extension. Samples from the tokens whose information is nearest to the entropy and that together have this probability; 1 from all.',
  })
  typical_p?: number | null;

  @NumberField({
    minimum: 0.01,
    maximum: 100,
    default: 1,
    description:
      'Extension. Logits of tokens of the prompt and the text are divided by it where positive, multiplied where negative; 1 changes nothing.',
  })
  repetition_penalty?: number | null;

  @IntegerField({
    minimum: 0,
    maximum: 1000,
    default: 0,
    description: 'Extension. No run of this many tokens comes twice; 0 allows all.',
  })
  no_repeat_ngram_size?: number | null;

  @IntegerField({
    minimum: 0,
    default: 0,
    description:
      'Extension. So many tokens come before the document may end or a stop text counts; at most max_tokens.',
  })
  min_tokens?: number | null;

  @BooleanField('Extension. The end of the document is never generated.')
  ignore_eos?: boolean | null;

  @BooleanField(
    'Extension. Returns the n likeliest texts that a beam search finds, instead of sampled ones. Not with stream, best_of, or fields that change sampling.',
  )
  use_beam_search?: boolean | null;

  @IntegerField({
    minimum: 1,
    maximum: 128,
    description: 'Extension. Beams of a beam search, at least n. Default: 4, or n where that is more.',
  })
  beam_width?: number | null;

  @NumberField({
    minimum: -10,
    maximum: 10,
    default: 1,
    description:
      'Extension. A beam search ranks texts by the sum of their log-probabilities divided by their length to this power.',
  })
  length_penalty?: number | null;

  @IntegerField({
    minimum: 1,
    description: 'Extension. Only so many of the last tokens of a prompt are read; all of them when left out.',
  })
  truncate_prompt_tokens?: number | null;
}
