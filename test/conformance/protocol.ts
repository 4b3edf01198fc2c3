/** Fields of a request; anything may be sent, since refusing it is a part of the contract. */
export type Fields = Readonly<Record<string, unknown>>;

/** The legacy shape of log-probabilities. */
export interface Logprobs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[] | null;
  readonly text_offset: readonly number[];
}

/** One text of an answer or a piece of it. */
export interface Choice {
  readonly text: string;
  readonly index: number;
  readonly logprobs: Logprobs | null;
  readonly finish_reason: string | null;
}

/** What a request cost. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** An answer, or a chunk of a stream. */
export interface Completion {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint?: string;
  readonly choices: readonly Choice[];
  readonly usage?: Usage | null;
}

/** What a server answered to one request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A stream, whole. */
export interface Stream {
  readonly headers: Headers;
  /** Everything that came, as it came. */
  readonly text: string;
  readonly chunks: readonly Completion[];
}
