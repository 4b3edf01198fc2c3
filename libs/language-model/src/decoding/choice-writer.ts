import { StopMatcher } from '../sampling/stop-matcher.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { ChoiceDelta, ChoiceLogprobs, FinishReason } from './completion-request.js';
import type { TokenScore } from './token-score.js';

/** A token that was written, with what is told of it. */
interface WrittenToken {
  readonly text: string;
  /** Where it begins in the text of the choice. */
  readonly offset: number;
  readonly logprob: number | null;
  readonly top: Record<string, number> | null;
}

/** What a choice's text is made with. */
export interface ChoiceWriterOptions {
  readonly promptIds: readonly number[];
  /** The prompt as it was sent, or the text of its ids. */
  readonly promptText: string;
  readonly stop: readonly string[];
  /** Tokens before which no stop string counts. */
  readonly minTokens: number;
  readonly withLogprobs: boolean;
}

/**
 * Turns the tokens of one choice into its text. Text that may begin a stop string is held back, and with it what is told of its
 * tokens, so that everything that comes out stays.
 */
export class ChoiceWriter {
  private readonly decoder: ReturnType<Tokenizer['createStreamDecoder']>;
  private readonly matcher: StopMatcher;
  private held: WrittenToken[] = [];
  /** Characters that were written, and those of them that came out. */
  private written = 0;
  private shown = 0;
  private tokens = 0;
  private text = '';
  private released: WrittenToken[] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: ChoiceWriterOptions,
  ) {
    this.decoder = tokenizer.createStreamDecoder(options.promptIds, options.promptText);
    this.matcher = new StopMatcher(options.stop);
  }

  /** Begins with the prompt. `scores` are those of its tokens, the first one's null; empty without log-probabilities. */
  echo(scores: readonly (TokenScore | null)[]): void {
    const { promptText } = this.options;
    const pieces = this.piecesOfPrompt(scores.length);
    const decoder = this.tokenizer.createStreamDecoder();
    scores.forEach((score, index) => {
      const id = this.options.promptIds[index]!;
      const [offset, text] = pieces[index]!;
      const top = score && this.topOf(score, id, text, (other) => decoder.preview(other));
      decoder.push(id);
      this.released.push({ text, offset, logprob: score?.logprob ?? null, top });
    });
    this.text += promptText;
    this.written = promptText.length;
    this.shown = promptText.length;
  }

  /**
   * Cuts the prompt as it was sent, which may differ from the text of its tokens in white space and unknown words, into a piece
   * for each token; together they are the prompt.
   */
  private piecesOfPrompt(count: number): (readonly [offset: number, text: string])[] {
    const { promptIds, promptText } = this.options;
    const decoder = this.tokenizer.createStreamDecoder();
    let from = 0;
    const offsets = promptIds.slice(0, count).map((id) => {
      const text = decoder.push(id);
      const word = text.trimStart();
      const found = word === '' ? -1 : promptText.indexOf(word, from);
      const offset = Math.max(from, found < 0 ? from : found - (text.length - word.length));
      if (found >= 0) from = found + word.length;
      return offset;
    });
    if (count > 0) offsets[0] = 0;
    return offsets.map((offset, index) => [offset, promptText.slice(offset, offsets[index + 1] ?? promptText.length)]);
  }

  /** Writes a token; true when the text ends here, at a stop string. */
  push(id: number, score: TokenScore | null): boolean {
    const top = score && this.topOf(score, id, this.decoder.preview(id), (other) => this.decoder.preview(other));
    const text = this.decoder.push(id);
    if (this.options.withLogprobs) {
      this.held.push({ text, offset: this.written, logprob: score?.logprob ?? null, top });
    }
    this.written += text.length;
    this.show(++this.tokens <= this.options.minTokens ? text : this.matcher.push(text));
    return this.matcher.stopped;
  }

  /** What has come out since the last call. */
  take(finishReason: FinishReason | null): ChoiceDelta {
    if (finishReason !== null) this.finish();
    const delta = {
      text: this.text,
      logprobs: this.options.withLogprobs ? logprobsOf(this.released) : null,
      finishReason,
    };
    this.text = '';
    this.released = [];
    return delta;
  }

  /** Whether `take` would give anything. */
  get hasNews(): boolean {
    return this.text !== '' || this.released.length > 0;
  }

  private show(text: string): void {
    this.text += text;
    this.shown += text.length;
    let count = 0;
    while (count < this.held.length && this.held[count]!.offset + this.held[count]!.text.length <= this.shown) count++;
    if (count > 0) this.released.push(...this.held.splice(0, count));
  }

  private finish(): void {
    const stopped = this.matcher.stopped;
    this.show(this.matcher.end());
    if (!stopped) return;
    // A token that the stop string cuts in two is told of with the part that stays.
    for (const token of this.held.splice(0)) {
      const left = this.shown - token.offset;
      if (left > 0) this.released.push({ ...token, text: token.text.slice(0, left) });
    }
  }

  private topOf(
    score: TokenScore,
    chosen: number,
    chosenText: string,
    print: (id: number) => string,
  ): Record<string, number> {
    const top: Record<string, number> = {};
    // The chosen one stands here as it stands among the tokens, so that it can be found.
    top[chosenText] = score.logprob;
    for (const { id, logprob } of score.top) {
      if (id === chosen) continue;
      const text = print(id);
      // Different tokens may print alike, as marks of case do, which print as nothing.
      top[text === '' || text in top ? this.tokenizer.tokenText(id) : text] = logprob;
    }
    return Object.fromEntries(Object.entries(top).sort(([, a], [, b]) => b - a));
  }
}

function logprobsOf(tokens: readonly WrittenToken[]): ChoiceLogprobs {
  return {
    tokens: tokens.map(({ text }) => text),
    tokenLogprobs: tokens.map(({ logprob }) => logprob),
    topLogprobs: tokens.map(({ top }) => top),
    textOffset: tokens.map(({ offset }) => offset),
  };
}
