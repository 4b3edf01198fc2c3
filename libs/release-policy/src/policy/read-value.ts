import { CodedError } from '#errors';

/**
 * Reads a value that came from outside, or takes `fallback` where it was left out.
 *
 * @param path where it stands, such as `stages[1].share`; becomes `param` of an error
 * @throws invalid_value, unknown_parameter
 */
export type Reader<T> = (value: unknown, path: string, fallback: T | undefined) => T;

/** Limits of a number. */
interface NumberLimits {
  readonly min: number;
  readonly max: number;
  /** Whether `min` itself is too small. */
  readonly above?: boolean;
  readonly whole?: boolean;
}

/** A finite number within limits. */
export function number({ min, max, above = false, whole = false }: NumberLimits): Reader<number> {
  const range = `${whole ? 'a whole number' : 'a number'} ${above ? 'above' : 'from'} ${min} ${above ? 'and at most' : 'to'} ${max}`;
  return (value, path, fallback) => {
    const given = required(value, path, fallback);
    const isInside = typeof given === 'number' && given <= max && (above ? given > min : given >= min);
    if (!isInside || (whole && !Number.isInteger(given))) throw refused(path, range, given);
    return given;
  };
}

/** True or false. */
export const flag: Reader<boolean> = (value, path, fallback) => {
  const given = required(value, path, fallback);
  if (typeof given !== 'boolean') throw refused(path, 'true or false', given);
  return given;
};

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Reader<Word> {
  return (value, path, fallback) => {
    const given = required(value, path, fallback);
    const word = words.find((known) => known === given);
    if (word === undefined) throw refused(path, `one of ${words.join(', ')}`, given);
    return word;
  };
}

/** An object with exactly these fields; one that is left out takes its fallback. */
export function fields<T extends object>(readers: { readonly [Key in keyof T]-?: Reader<T[Key]> }): Reader<T> {
  return (value, path, fallback) => {
    const given: unknown = required(value, path, fallback);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refused(path, 'an object', given);
    const names = Object.keys(readers) as (keyof T & string)[];
    const unknown = Object.keys(given).find((name) => !names.includes(name as keyof T & string));
    if (unknown !== undefined) {
      const at = inside(path, unknown);
      throw new CodedError(
        'unknown_parameter',
        `"${at}" is not part of a policy; possible here: ${names.join(', ')}.`,
        {
          param: at,
        },
      );
    }
    const read = names.map((name) => {
      const own = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
      return [name, readers[name](own, inside(path, name), fallback?.[name])];
    });
    return Object.fromEntries(read) as T;
  };
}

/** A list of one to `max` values. A list that is given stands for all of the fallback. */
export function list<T>(reader: Reader<T>, max: number): Reader<readonly T[]> {
  return (value, path, fallback) => {
    const given: unknown = required(value, path, fallback);
    if (!Array.isArray(given) || given.length === 0 || given.length > max) {
      throw refused(path, `a list of 1 to ${max}`, given);
    }
    return given.map((entry: unknown, index) => reader(entry, `${path}[${index}]`, undefined));
  };
}

/** Error for a value that cannot be used. */
export function refused(path: string, expected: string, given: unknown): CodedError {
  const shown = JSON.stringify(given) as string | undefined;
  return new CodedError(
    'invalid_value',
    `${path === '' ? 'A policy' : path} must be ${expected}; got ${(shown ?? String(given)).slice(0, 200)}.`,
    {
      param: path === '' ? null : path,
    },
  );
}

function required(value: unknown, path: string, fallback: unknown): unknown {
  const given = value ?? fallback;
  if (given === undefined)
    throw new CodedError('invalid_value', `${path} is missing; it has no default here.`, { param: path });
  return given;
}

function inside(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
