/** Draws what a fuzz run sends; the same draws for the same seed. */
export class Dice {
  constructor(private readonly random: () => number) {}

  /** True in this share of the cases. */
  chance(share: number): boolean {
    return this.random() < share;
  }

  /** An integer from 0 up to, and not including, `bound`. */
  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Each of these, or not, in the same order. */
  some<T>(items: readonly T[], share: number): T[] {
    return items.filter(() => this.chance(share));
  }
}

const TEXTS = [
  '',
  ' ',
  'The old man',
  'w1 w2 w3',
  '\u0000',
  '\ud800',
  '\udfff\ud83d',
  '\u202e\ufeff',
  '👩‍👩‍👧‍👦 漢字 é',
  '\r\n\r\n',
  'data: [DONE]\n\n',
  '"}],"error":{}',
  '__proto__',
  '<unk><doc>',
  "'; DROP TABLE model_version; --",
  '%00%0d%0a',
];
const NUMBERS = [0, -0, 1, -1, 0.5, 2, 1e-320, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e21, 99_999_999];
const MODELS = [
  'production',
  'small',
  'gpt-3.5-turbo-instruct',
  '',
  '../etc/passwd',
  'ft:small:none:00000000',
  '\u0000',
];

/** Anything that JSON can hold, small or large. */
export function anyValue(dice: Dice, depth = 0): unknown {
  switch (dice.below(depth > 3 ? 6 : 10)) {
    case 0:
      return null;
    case 1:
      return dice.chance(0.5);
    case 2:
    case 3:
      return dice.pick(NUMBERS);
    case 4:
      return dice.pick(TEXTS);
    case 5:
      return dice.chance(0.1) ? dice.pick(TEXTS).repeat(1 + dice.below(5_000)) : String(dice.pick(NUMBERS));
    case 6:
    case 7:
      if (dice.chance(0.05)) return Array.from({ length: dice.below(5_000) }, () => dice.pick(NUMBERS));
      return Array.from({ length: dice.below(5) }, () => anyValue(dice, depth + 1));
    case 8:
      return nested(1 + dice.below(300));
    default:
      return Object.fromEntries(
        Array.from({ length: dice.below(4) }, () => [dice.pick(TEXTS), anyValue(dice, depth + 1)]),
      );
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const ids = (dice: Dice): number[] => Array.from({ length: 1 + dice.below(20) }, () => dice.below(10_000));
const text = (dice: Dice): string => dice.pick(TEXTS);
const share = (dice: Dice): number => dice.below(101) / 100;

/** A value for each field that may well be valid. */
const FIELDS: Readonly<Record<string, (dice: Dice) => unknown>> = {
  max_tokens: (dice) => dice.below(33),
  n: (dice) => 1 + dice.below(3),
  best_of: (dice) => dice.below(4),
  temperature: (dice) => dice.below(21) / 10,
  top_p: share,
  top_k: (dice) => dice.below(50),
  min_p: share,
  typical_p: (dice) => 0.01 + 0.99 * share(dice),
  repetition_penalty: (dice) => 0.5 + dice.below(20) / 10,
  no_repeat_ngram_size: (dice) => dice.below(5),
  min_tokens: (dice) => dice.below(10),
  ignore_eos: (dice) => dice.chance(0.5),
  use_beam_search: (dice) => dice.chance(0.3),
  beam_width: (dice) => 1 + dice.below(4),
  length_penalty: share,
  truncate_prompt_tokens: (dice) => 1 + dice.below(20),
  stop: (dice) => (dice.chance(0.5) ? text(dice) : [text(dice), text(dice)]),
  logprobs: (dice) => dice.below(6),
  echo: (dice) => dice.chance(0.5),
  stream: (dice) => dice.chance(0.5),
  stream_options: (dice) => ({ include_usage: dice.chance(0.5) }),
  presence_penalty: (dice) => dice.below(41) / 10 - 2,
  frequency_penalty: (dice) => dice.below(41) / 10 - 2,
  logit_bias: (dice) => Object.fromEntries(ids(dice).map((id) => [id, dice.below(201) - 100])),
  seed: (dice) => dice.below(2 ** 31),
  user: text,
  suffix: text,
};

/** A body of a completion request: mostly one that could be meant, often with something wrong in it. */
export function anyBody(dice: Dice): Record<string, unknown> {
  const body: Record<string, unknown> = { model: 'production', prompt: anyPrompt(dice) };
  for (const field of dice.some(Object.keys(FIELDS), dice.chance(0.5) ? 0.1 : 0.3)) body[field] = FIELDS[field]?.(dice);
  while (dice.chance(0.4)) body[dice.pick([...Object.keys(FIELDS), 'model', 'prompt'])] = anyValue(dice);
  if (dice.chance(0.05)) body[text(dice)] = anyValue(dice);
  if (dice.chance(0.05)) body['model'] = dice.pick(MODELS);
  return body;
}

function anyPrompt(dice: Dice): unknown {
  switch (dice.below(6)) {
    case 0:
      return ids(dice);
    case 1:
      return [ids(dice), ids(dice)];
    case 2:
      return [text(dice), text(dice)];
    case 3:
      return null;
    case 4:
      return 'w1 w2 '.repeat(dice.below(dice.chance(0.02) ? 20_000 : 50));
    default:
      return text(dice);
  }
}
