/** A field of a completion request, as a form shows it. */
export interface SamplingField {
  readonly name: string;
  readonly label: string;
  readonly kind: 'number' | 'flag' | 'text';
  /** What the service takes when it is left out. */
  readonly initial: number | boolean | string | null;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly hint?: string;
  readonly group: 'length' | 'sampling' | 'repetition' | 'search';
}

/** Every field of POST /v1/completions that shapes a text, but model, prompt and seed. */
export const SAMPLING_FIELDS: readonly SamplingField[] = [
  { name: 'max_tokens', label: 'Most tokens', kind: 'number', initial: 80, min: 0, step: 1, group: 'length' },
  { name: 'min_tokens', label: 'Fewest tokens', kind: 'number', initial: 0, min: 0, step: 1, group: 'length' },
  { name: 'n', label: 'Choices', kind: 'number', initial: 1, min: 1, max: 8, step: 1, group: 'length' },
  {
    name: 'stop',
    label: 'Stop texts',
    kind: 'text',
    initial: '',
    hint: 'One per line, at most four.',
    group: 'length',
  },
  { name: 'ignore_eos', label: 'Never end the document', kind: 'flag', initial: false, group: 'length' },
  { name: 'echo', label: 'Begin with the prompt', kind: 'flag', initial: false, group: 'length' },
  {
    name: 'temperature',
    label: 'Temperature',
    kind: 'number',
    initial: 0.8,
    min: 0,
    max: 2,
    step: 0.05,
    group: 'sampling',
  },
  { name: 'top_p', label: 'Top p', kind: 'number', initial: 1, min: 0, max: 1, step: 0.01, group: 'sampling' },
  {
    name: 'top_k',
    label: 'Top k',
    kind: 'number',
    initial: 0,
    min: 0,
    step: 1,
    hint: '0: all tokens.',
    group: 'sampling',
  },
  { name: 'min_p', label: 'Min p', kind: 'number', initial: 0, min: 0, max: 1, step: 0.01, group: 'sampling' },
  {
    name: 'typical_p',
    label: 'Typical p',
    kind: 'number',
    initial: 1,
    min: 0.01,
    max: 1,
    step: 0.01,
    group: 'sampling',
  },
  {
    name: 'logit_bias',
    label: 'Logit bias',
    kind: 'text',
    initial: '',
    hint: 'JSON: {"42": -100}; token ids to −100 … 100.',
    group: 'sampling',
  },
  {
    name: 'presence_penalty',
    label: 'Presence penalty',
    kind: 'number',
    initial: 0,
    min: -2,
    max: 2,
    step: 0.1,
    group: 'repetition',
  },
  {
    name: 'frequency_penalty',
    label: 'Frequency penalty',
    kind: 'number',
    initial: 0,
    min: -2,
    max: 2,
    step: 0.1,
    group: 'repetition',
  },
  {
    name: 'repetition_penalty',
    label: 'Repetition penalty',
    kind: 'number',
    initial: 1,
    min: 0.01,
    max: 100,
    step: 0.01,
    group: 'repetition',
  },
  {
    name: 'no_repeat_ngram_size',
    label: 'No run twice of',
    kind: 'number',
    initial: 0,
    min: 0,
    max: 1000,
    step: 1,
    hint: 'Tokens; 0 allows all.',
    group: 'repetition',
  },
  {
    name: 'best_of',
    label: 'Best of',
    kind: 'number',
    initial: 1,
    min: 0,
    max: 20,
    step: 1,
    hint: 'Not streamed.',
    group: 'search',
  },
  { name: 'use_beam_search', label: 'Beam search', kind: 'flag', initial: false, group: 'search' },
  { name: 'beam_width', label: 'Beams', kind: 'number', initial: null, min: 1, max: 128, step: 1, group: 'search' },
  {
    name: 'length_penalty',
    label: 'Length penalty',
    kind: 'number',
    initial: 1,
    min: -10,
    max: 10,
    step: 0.1,
    group: 'search',
  },
  {
    name: 'truncate_prompt_tokens',
    label: 'Read the last … tokens',
    kind: 'number',
    initial: null,
    min: 1,
    step: 1,
    group: 'search',
  },
];

/** What the service itself takes for these when they are left out, where the form begins with another value. */
const SERVICE_DEFAULTS: Readonly<Record<string, number>> = { max_tokens: 16, temperature: 1 };

/** Values of the fields by name. */
export type SamplingValues = Readonly<Record<string, number | boolean | string | null>>;

/** The form as it begins. */
export const INITIAL_VALUES: SamplingValues = Object.fromEntries(
  SAMPLING_FIELDS.map(({ name, initial }) => [name, initial]),
);

/** Fields that go with a beam search only. */
const BEAM_FIELDS = new Set(['beam_width', 'length_penalty']);
/** Fields that go with sampling only. */
const NOT_WITH_BEAMS = new Set([
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'typical_p',
  'presence_penalty',
  'frequency_penalty',
  'repetition_penalty',
  'best_of',
]);

/**
 * The part of a request that the form says: what differs from the service's own values, as the service takes it.
 * @throws Error with a sentence for the person when the bias is no JSON object
 */
export function requestFields(values: SamplingValues): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const isBeamSearch = values['use_beam_search'] === true;
  for (const { name, initial } of SAMPLING_FIELDS) {
    const value = values[name] ?? null;
    if (value === null || value === '' || value === (SERVICE_DEFAULTS[name] ?? initial)) continue;
    if (isBeamSearch ? NOT_WITH_BEAMS.has(name) : BEAM_FIELDS.has(name)) continue;
    if (name === 'stop')
      fields[name] = String(value)
        .split('\n')
        .filter((line) => line !== '');
    else if (name === 'logit_bias') fields[name] = parseBias(String(value));
    else fields[name] = value;
  }
  return fields;
}

/** Whether the texts come out while they are generated. */
export function isStreamed(values: SamplingValues): boolean {
  const bestOf = values['best_of'];
  return values['use_beam_search'] !== true && !(typeof bestOf === 'number' && bestOf > 1);
}

function parseBias(text: string): unknown {
  try {
    const bias: unknown = JSON.parse(text);
    if (typeof bias === 'object' && bias !== null && !Array.isArray(bias)) return bias;
  } catch {
    // Said below.
  }
  throw new Error('Logit bias has to be a JSON object from token ids to numbers, such as {"42": -100}.');
}
