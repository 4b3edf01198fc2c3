import { isAbsolute, resolve } from 'node:path';

/**
 * How one kind of setting is read from text.
 *
 * `read` returns the value, or throws a {@link SettingProblem} whose message completes the sentence "NAME ...".
 */
export interface SettingKind<T> {
  read(text: string): T;
  /** The value as it is written in `.env.example`. */
  write(value: T): string;
}

/** Why a text is not a value of its kind, with the limit and the value given. */
export class SettingProblem extends Error {}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** A whole number from `minimum` to `maximum`, both allowed. */
export function integer(minimum: number, maximum: number): SettingKind<number> {
  return {
    read(text) {
      const value = Number(text);
      if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum || value > maximum) {
        throw new SettingProblem(`must be a whole number from ${minimum} to ${maximum}; got ${shown(text)}.`);
      }
      return value;
    },
    write: String,
  };
}

/** A number from `minimum` to `maximum`, both allowed, such as 0.3. */
export function decimal(minimum: number, maximum: number): SettingKind<number> {
  return {
    read(text) {
      const value = Number(text);
      if (!/^\d+(\.\d+)?$/.test(text) || value < minimum || value > maximum) {
        throw new SettingProblem(`must be a number from ${minimum} to ${maximum}, such as 0.3; got ${shown(text)}.`);
      }
      return value;
    },
    write: String,
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): SettingKind<T> {
  return {
    read(text) {
      const word = words.find((candidate) => candidate === text);
      if (word === undefined) throw new SettingProblem(`must be one of ${words.join(', ')}; got ${shown(text)}.`);
      return word;
    },
    write: (value) => value,
  };
}

/** True or false. */
export function flag(): SettingKind<boolean> {
  const word = oneOf('true', 'false');
  return { read: (text) => word.read(text) === 'true', write: String };
}

/** A folder; relative ones are taken from the working folder, so the value is always absolute. */
export function folder(): SettingKind<string> {
  return {
    read(text) {
      if (text.includes('\0')) throw new SettingProblem(`must be a path without a NUL character; got ${shown(text)}.`);
      return isAbsolute(text) ? text : resolve(text);
    },
    write: (value) => value,
  };
}

/** A host name or address to listen on. */
export function host(): SettingKind<string> {
  return {
    read(text) {
      if (!/^[A-Za-z0-9_.:-]+$/.test(text)) {
        throw new SettingProblem(
          `must be a host name or an address such as 127.0.0.1, 0.0.0.0 or ::1; got ${shown(text)}.`,
        );
      }
      return text;
    },
    write: (value) => value,
  };
}

/** A PostgreSQL address; its text is never repeated in messages because it usually holds a password. */
export function postgresUrl(): SettingKind<string> {
  return url(
    ['postgres:', 'postgresql:'],
    'must be a PostgreSQL address such as postgresql://user:password@host:5432/database (characters such as @, / and # in the password percent-encoded).',
  );
}

/** A Redis address; not repeated either. */
export function redisUrl(): SettingKind<string> {
  return url(
    ['redis:', 'rediss:'],
    'must be a Redis address such as redis://user:password@host:6379/0, or rediss:// with TLS (characters such as @, / and # in the password percent-encoded).',
  );
}

/** The address of an HTTP server; not repeated either. */
export function httpUrl(example = 'https://s3.example.com:9000'): SettingKind<string> {
  return url(['http:', 'https:'], `must be an address such as ${example}.`);
}

/** A text that is never repeated in messages, such as a password. */
export function secret(): SettingKind<string> {
  return {
    read(text) {
      if (!/^[\x21-\x7e]{1,1024}$/.test(text)) {
        throw new SettingProblem('must be 1 to 1024 letters, digits and signs of ASCII, without blanks.');
      }
      return text;
    },
    write: (value) => value,
  };
}

/** The name of an S3 bucket. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function bucketName(): SettingKind<string> {
  return {
    read(text) {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)) {
        throw new SettingProblem(
          `must have 3 to 63 small letters, digits, "-" and ".", and begin and end with a letter or digit; got ${shown(text)}.`,
        );
      }
      return text;
    },
    write: (value) => value,
  };
}

/** What names in a bucket begin with: names separated by `/`, none at the ends. */
export function keyPrefix(): SettingKind<string> {
  return {
    read(text) {
      if (text.length > 200 || !/^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/.test(text)) {
        throw new SettingProblem(
          `must be names of letters, digits, "-", "_" and "." with "/" between them, such as team/understudy, at most 200 characters; got ${shown(text)}.`,
        );
      }
      return text;
    },
    write: (value) => value,
  };
}

function url(protocols: readonly string[], problem: string): SettingKind<string> {
  return {
    read(text) {
      const protocol = URL.canParse(text) ? new URL(text).protocol : null;
      if (protocol === null || !protocols.includes(protocol)) throw new SettingProblem(problem);
      return text;
    },
    write: (value) => value,
  };
}

/** An API key; its text is never repeated in messages. */
export function apiKey(): SettingKind<string> {
  return {
    read(text) {
      if (!/^sk-understudy-[A-Za-z0-9_-]{32,128}$/.test(text)) {
        throw new SettingProblem(
          'must be sk-understudy- and 32 to 128 random letters, digits, "-" and "_", such as "openssl rand -hex 24" prints.',
        );
      }
      return text;
    },
    write: (value) => value,
  };
}

/** A name made of letters, digits, `-`, `_` and `.`, at most 64 characters long. */
export function name(): SettingKind<string> {
  return {
    read(text) {
      if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text)) {
        throw new SettingProblem(
          `must start with a letter or digit and have at most 64 letters, digits, "-", "_" and "."; got ${shown(text)}.`,
        );
      }
      return text;
    },
    write: (value) => value,
  };
}

/** Pairs `name=target`, separated by commas. */
export function pairs(): SettingKind<Readonly<Record<string, string>>> {
  return {
    read(text) {
      const entries = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
      const read = Object.create(null) as Record<string, string>;
      for (const [from, to, ...rest] of entries) {
        if (!from || !to || rest.length > 0) {
          throw new SettingProblem(
            `must be pairs name=target separated by commas, such as a=production,b=small; got ${shown(text)}.`,
          );
        }
        if (from in read) throw new SettingProblem(`names ${shown(from)} twice; give every name once.`);
        read[from] = to;
      }
      return Object.freeze(read);
    },
    write: (value) =>
      Object.entries(value)
        .map((pair) => pair.join('='))
        .join(','),
  };
}
