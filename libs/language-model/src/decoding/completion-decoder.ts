import { bestChoices, type RatedChoice } from '../sampling/best-choices.js';
import { choiceSeed } from '../sampling/choice-seed.js';
import { DOCUMENT_ID, type Tokenizer } from '../tokenizer/index.js';
import { ChoiceWriter } from './choice-writer.js';
import type {
  ChoiceDelta,
  CompletionChoice,
  CompletionRequest,
  CompletionResult,
  CompletionTimings,
  FinishReason,
} from './completion-request.js';
import type { Hypothesis } from '../sampling/beam-search.js';
import type { BeamRequest, DecodeJob, SequenceRequest } from './decode-job.js';
import type { DecodeLoop, JobHandle } from './decode-loop.js';
import type { TokenScore } from './token-score.js';

/** A request whose prompt is token ids already. */
export interface TokenizedRequest extends Omit<CompletionRequest, 'prompt' | 'truncatePromptTokens'> {
  readonly promptIds: readonly number[];
  /** The prompt as it was sent, or the text of its ids. */
  readonly promptText: string;
}

/** So many steps of a traced completion are told one by one. */
const TRACED_STEPS = 64;

/** What becomes of a completion. `delta` is called for each piece when they are wanted; then one of the others. */
export interface CompletionListener {
  readonly delta: ((choice: number, delta: ChoiceDelta) => void) | null;
  readonly finished: (result: CompletionResult) => void;
  readonly failed: (reason: unknown) => void;
}

/** A text under way or ended. */
interface Draft extends RatedChoice {
  readonly writer: ChoiceWriter;
  logprobSum: number;
  tokens: number;
  /** The whole text, when it has ended and nobody was told of its pieces. */
  whole: CompletionChoice | null;
}

/** Completes requests with a decode loop: prompts to jobs, tokens to texts. */
export class CompletionDecoder {
  constructor(
    private readonly loop: DecodeLoop,
    private readonly tokenizer: Tokenizer,
  ) {}

  /** @throws server_is_overloaded, invalid_value */
  submit(request: TokenizedRequest, listener: CompletionListener): JobHandle {
    const completion = new Completion(this.tokenizer, request, listener);
    return this.loop.submit(completion.job());
  }
}

/** One completion under way. */
class Completion {
  private readonly drafts: Draft[];
  private readonly submittedAt = performance.now();
  private startedAt = this.submittedAt;
  private readAt = this.submittedAt;
  private firstTokenAt: number | null = null;
  private readonly stepEndsMs: number[] = [];
  private completionTokens = 0;
  private echoScores: readonly (TokenScore | null)[] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly request: TokenizedRequest,
    private readonly listener: CompletionListener,
  ) {
    this.drafts = request.beamSearch ? [] : Array.from({ length: request.bestOf }, () => this.newDraft());
  }

  job(): DecodeJob {
    const { request } = this;
    const { logprobs } = request;
    const scoresPrompt = request.echo && logprobs !== null && request.promptIds.length > 0;
    return {
      prompt: [DOCUMENT_ID, ...request.promptIds],
      promptScores: scoresPrompt
        ? {
            top: logprobs,
            // The first token is told of without a score, as the protocol wants it.
            onScores: (scores) => (this.echoScores = [null, ...scores.slice(1)]),
          }
        : null,
      sequences: this.drafts.map((draft, index) => this.sequence(draft, index)),
      beam: request.beamSearch && this.beam(request.beamSearch),
      onStart: () => (this.startedAt = performance.now()),
      onRead: () => {
        this.readAt = performance.now();
        if (request.echo) this.drafts.forEach((draft, index) => this.echo(draft, index));
      },
      onFinished: () => this.listener.finished(this.result()),
      onFailed: this.listener.failed,
    };
  }

  private newDraft(): Draft {
    const { request } = this;
    const writer = new ChoiceWriter(this.tokenizer, {
      promptIds: request.promptIds,
      promptText: request.promptText,
      stop: request.stop,
      minTokens: request.minTokens,
      withLogprobs: request.logprobs !== null,
    });
    return { writer, logprobSum: 0, tokens: 0, whole: null };
  }

  private echo(draft: Draft, index: number): void {
    draft.writer.echo(this.echoScores);
    this.tell(draft, index, null);
  }

  private sequence(draft: Draft, index: number): SequenceRequest {
    const { request } = this;
    const ranked = request.bestOf > request.choices;
    return {
      sampling: request.sampling,
      seed: choiceSeed(request.seed, request.firstChoice + index),
      maxTokens: request.maxTokens,
      minTokens: request.minTokens,
      ignoreEos: request.ignoreEos,
      // Choosing among texts needs the scores, whether or not they are told.
      logprobs: ranked ? (request.logprobs ?? 0) : request.logprobs,
      onToken: (id, score) => this.write(draft, index, id, score),
      onEnd: (end) => this.tell(draft, index, end === 'stopped' ? 'stop' : 'length'),
    };
  }

  /** Adds a token to a text; true when it ends the text. */
  private write(draft: Draft, index: number, id: number, score: TokenScore | null): boolean {
    this.firstTokenAt ??= performance.now();
    this.completionTokens++;
    if (this.request.traced === true && index === 0 && this.stepEndsMs.length < TRACED_STEPS)
      this.stepEndsMs.push(performance.now() - this.submittedAt);
    draft.tokens++;
    draft.logprobSum += score?.logprob ?? 0;
    if (id === DOCUMENT_ID) return true;
    const stopped = draft.writer.push(id, score);
    if (!stopped && this.listener.delta && draft.writer.hasNews) this.tell(draft, index, null);
    return stopped;
  }

  private tell(draft: Draft, index: number, finishReason: FinishReason | null): void {
    if (this.listener.delta) this.listener.delta(index, draft.writer.take(finishReason));
    else if (finishReason !== null) draft.whole = { ...draft.writer.take(finishReason), finishReason };
  }

  private beam(search: { readonly width: number; readonly lengthPenalty: number }): BeamRequest {
    const { request } = this;
    return {
      ...search,
      maxTokens: request.maxTokens,
      minTokens: request.minTokens,
      ignoreEos: request.ignoreEos,
      choices: request.choices,
      logprobs: request.logprobs,
      endsText: (ids) => this.hasStop(ids),
      onEnd: (found, generatedTokens) => {
        this.completionTokens = generatedTokens;
        for (const text of found) this.drafts.push(this.draftOf(text));
      },
    };
  }

  private hasStop(ids: readonly number[]): boolean {
    if (this.request.stop.length === 0) return false;
    const { writer } = this.newDraft();
    return ids.some((id) => writer.push(id, null));
  }

  /** The text of a finished search, cut at its first stop string. */
  private draftOf({ tokens, logprobs, top, finishReason: end }: Hypothesis): Draft {
    const { echo, logprobs: count } = this.request;
    const draft = this.newDraft();
    if (echo) draft.writer.echo(this.echoScores);
    const stopped = tokens.some((id, index) =>
      draft.writer.push(id, count === null ? null : { logprob: logprobs[index]!, top: top[index]!.slice(0, count) }),
    );
    const finishReason = stopped ? 'stop' : end;
    draft.whole = { ...draft.writer.take(finishReason), finishReason };
    return draft;
  }

  private result(): CompletionResult {
    const { drafts } = this;
    const { choices: count, bestOf, beamSearch } = this.request;
    const best = bestOf > count && !beamSearch ? bestChoices(drafts, count).map((index) => drafts[index]!) : drafts;
    return {
      choices: best.flatMap(({ whole }) => whole ?? []),
      promptTokens: this.request.promptIds.length,
      completionTokens: this.completionTokens,
      timings: this.timings(),
    };
  }

  private timings(): CompletionTimings {
    const now = performance.now();
    return {
      queuedMs: this.startedAt - this.submittedAt,
      promptMs: this.readAt - this.startedAt,
      decodeMs: now - this.readAt,
      firstTokenMs: this.firstTokenAt === null ? null : this.firstTokenAt - this.submittedAt,
      ...(this.request.traced === true && { stepEndsMs: this.stepEndsMs }),
    };
  }
}
