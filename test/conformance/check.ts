import type { ServerUnderTest } from './server-under-test.js';

/** The parts of the contract that a check belongs to. */
export type Section =
  | 'request'
  | 'prompt'
  | 'choices'
  | 'sampling'
  | 'stop'
  | 'logprobs'
  | 'response'
  | 'stream'
  | 'errors'
  | 'cancellation'
  | 'models'
  | 'extensions'
  | 'endpoints';

/** One thing that a server promises. */
export interface Check {
  readonly section: Section;
  /** The promise, in the present tense. */
  readonly name: string;
  /** Whether our contract promises it beyond OpenAI's protocol. */
  readonly isExtension: boolean;
  /** Rejects with what is not as promised. */
  readonly run: (server: ServerUnderTest) => Promise<void>;
}

type Run = Check['run'];

/** Names the promises of one section: `standard` ones are OpenAI's, `extension` ones our own. */
export function checksOf(section: Section): {
  readonly standard: (name: string, run: Run) => Check;
  readonly extension: (name: string, run: Run) => Check;
} {
  return {
    standard: (name, run) => ({ section, name, isExtension: false, run }),
    extension: (name, run) => ({ section, name, isExtension: true, run }),
  };
}
