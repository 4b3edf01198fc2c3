/** A token of a text, with what the model thought of it. */
export interface ShownToken {
  readonly text: string;
  /** null for the first token of a prompt. */
  readonly logprob: number | null;
  /** The likeliest tokens and their log-probabilities, the likeliest first. */
  readonly alternatives: readonly (readonly [string, number])[];
}

/** A text as far as it has come. */
export interface ShownChoice {
  readonly tokens: readonly ShownToken[];
  readonly finishReason: string | null;
}

/** What came of a request so far. */
export interface CompletionState {
  readonly phase: 'idle' | 'running' | 'done' | 'stopped' | 'failed';
  readonly choices: readonly ShownChoice[];
  readonly id: string | null;
  /** The version that writes. */
  readonly version: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number | null;
}

/** A chunk of the stream, and an answer without one: the protocol has one shape for both. */
export interface CompletionChunk {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly text: string;
    readonly finish_reason: string | null;
    readonly logprobs: {
      readonly tokens: readonly string[];
      readonly token_logprobs: readonly (number | null)[];
      readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
    } | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

/** Before anything was asked. */
export const IDLE: CompletionState = {
  phase: 'idle',
  choices: [],
  id: null,
  version: null,
  promptTokens: null,
  completionTokens: null,
  firstTokenMs: null,
  totalMs: null,
};

/** What is shown after another chunk. @param elapsedMs since the request was sent */
export function withChunk(state: CompletionState, chunk: CompletionChunk, elapsedMs: number): CompletionState {
  const choices = [...state.choices];
  for (const { index, text, finish_reason, logprobs } of chunk.choices) {
    const before = choices[index] ?? { tokens: [], finishReason: null };
    const added =
      logprobs === null ? textToken(text) : logprobs.tokens.map((token, place) => shownToken(logprobs, token, place));
    choices[index] = { tokens: [...before.tokens, ...added], finishReason: finish_reason ?? before.finishReason };
  }
  const hasText = chunk.choices.some(({ text }) => text !== '');
  return {
    ...state,
    choices,
    id: chunk.id,
    version: chunk.model,
    promptTokens: chunk.usage?.prompt_tokens ?? state.promptTokens,
    completionTokens: chunk.usage?.completion_tokens ?? state.completionTokens,
    firstTokenMs: state.firstTokenMs ?? (hasText ? elapsedMs : null),
    totalMs: elapsedMs,
  };
}

function textToken(text: string): ShownToken[] {
  return text === '' ? [] : [{ text, logprob: null, alternatives: [] }];
}

type Logprobs = NonNullable<CompletionChunk['choices'][number]['logprobs']>;

function shownToken({ token_logprobs, top_logprobs }: Logprobs, text: string, place: number): ShownToken {
  const alternatives = Object.entries(top_logprobs[place] ?? {}).sort(([, a], [, b]) => b - a);
  return { text, logprob: token_logprobs[place] ?? null, alternatives };
}
