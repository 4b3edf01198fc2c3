import { CodedError } from '#errors';
import { philox, STREAMS, toUnit } from '../model/random.js';
import type { DecodeSession, SequenceState } from './decode-session.js';
import { PREFILL_CHUNK } from './decode-session.js';
import { TokenSampler, type SamplingParameters } from './sample-token.js';

/** One sequence to generate. */
export interface DecodeRequest extends SamplingParameters {
  /** At least one token. */
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  /** 64 bits; with the prompt and the sampling parameters it decides every token, whatever else is being generated. */
  readonly seed: bigint;
  /** Called for each token; `true` ends the sequence. */
  readonly onToken: (id: number) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Why a sequence ended: `onToken` said so, or `maxTokens` was reached. */
export type DecodeEnd = 'stopped' | 'length';

interface Sequence {
  readonly request: DecodeRequest;
  readonly resolve: (end: DecodeEnd) => void;
  readonly reject: (reason: unknown) => void;
  state: SequenceState;
  /** Prompt tokens read so far; the last one is read by the first decode step. */
  read: number;
  generated: number;
}

/** Below this a distribution is as good as its most probable token, and its reciprocal would overflow. */
const LOWEST_TEMPERATURE = 1e-4;

/** Limits of a decode loop. */
export interface DecodeLoopOptions {
  /** Sequences that may wait for a row; more are refused. */
  readonly maxQueued: number;
}

/**
 * Continuous batching: each step advances every live sequence by one token, and between steps sequences join and leave.
 * The loop runs while there is something to do and yields to the event loop at each step.
 */
export class DecodeLoop {
  private readonly sampler: TokenSampler;
  private readonly waiting: Sequence[] = [];
  private readonly prefilling: Sequence[] = [];
  private readonly live: Sequence[] = [];
  private running: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  /** Decode steps made so far. */
  steps = 0;

  constructor(
    private readonly session: DecodeSession,
    vocabularySize: number,
    private readonly options: DecodeLoopOptions,
  ) {
    this.sampler = new TokenSampler(vocabularySize);
  }

  /** Sequences that were submitted and have not ended. */
  get pending(): number {
    return this.waiting.length + this.prefilling.length + this.live.length;
  }

  /** Sequences that have no row yet. */
  get queued(): number {
    return this.waiting.length;
  }

  /**
   * Generates one sequence.
   * @throws server_is_overloaded when too many wait; the signal's reason when it is aborted
   */
  async submit(request: DecodeRequest): Promise<DecodeEnd> {
    request.signal?.throwIfAborted();
    if (this.closing)
      throw new CodedError('server_is_overloaded', 'This model version is being unloaded. Send the request again.');
    const waiting = this.pending - this.session.capacity;
    if (waiting >= this.options.maxQueued) {
      throw new CodedError(
        'server_is_overloaded',
        `${waiting} sequences are waiting and the limit is ${this.options.maxQueued}. Send the request again later.`,
        { retryAfterMs: 1000 },
      );
    }
    const result = new Promise<DecodeEnd>((resolve, reject) => {
      this.waiting.push({ request, resolve, reject, state: this.session.emptyState(), read: 0, generated: 0 });
    });
    this.running ??= this.loop();
    return result;
  }

  /** Refuses new sequences, waits for those under way, then frees the session. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    while (this.running) await this.running;
    await this.session.dispose();
  }

  private async loop(): Promise<void> {
    // Let the caller's other submissions of this turn join the first step.
    await Promise.resolve();
    try {
      while (this.pending > 0) {
        this.dropAborted();
        this.admit();
        await this.prefill();
        if (this.live.length > 0) await this.advance();
      }
    } catch (error) {
      for (const sequence of [...this.waiting.splice(0), ...this.prefilling.splice(0), ...this.live.splice(0)])
        sequence.reject(error);
      this.session.rows = 0;
    } finally {
      this.running = undefined;
    }
  }

  private dropAborted(): void {
    for (const list of [this.waiting, this.prefilling]) {
      for (let i = list.length - 1; i >= 0; i--) {
        const { signal } = list[i]!.request;
        if (signal?.aborted) list.splice(i, 1)[0]!.reject(signal.reason);
      }
    }
    for (let row = this.live.length - 1; row >= 0; row--) {
      const { signal } = this.live[row]!.request;
      if (signal?.aborted) this.remove(row).reject(signal.reason);
    }
  }

  private admit(): void {
    while (this.waiting.length > 0 && this.live.length + this.prefilling.length < this.session.capacity) {
      const sequence = this.waiting.shift()!;
      if (sequence.request.maxTokens === 0) sequence.resolve('length');
      else if (sequence.request.prompt.length > 1) this.prefilling.push(sequence);
      else this.join(sequence);
    }
  }

  /** Reads prompts until about a chunk's worth of tokens was read, so that the live sequences wait for no more than that. */
  private async prefill(): Promise<void> {
    for (let read = 0; read < PREFILL_CHUNK && this.prefilling.length > 0;) {
      read += await this.prefillOne(this.prefilling[0]!);
    }
  }

  /** Reads the next chunk of one prompt; returns how many tokens that were. */
  private async prefillOne(sequence: Sequence): Promise<number> {
    const { prompt } = sequence.request;
    const end = Math.min(sequence.read + PREFILL_CHUNK, prompt.length - 1);
    const tokens = end - sequence.read;
    try {
      sequence.state = await this.session.prefill(sequence.state, prompt.slice(sequence.read, end));
    } catch (error) {
      sequence.reject(error); // it is read alone, so the others are well
      this.prefilling.shift();
      return tokens;
    }
    this.prefilling.shift();
    sequence.read = end;
    if (end < prompt.length - 1) this.prefilling.push(sequence);
    else this.join(sequence);
    return tokens;
  }

  private join(sequence: Sequence): void {
    const { prompt, temperature } = sequence.request;
    const row = this.session.join(sequence.state);
    this.session.ids[row] = BigInt(prompt.at(-1)!);
    this.session.inverseTemperatures[row] = temperature < LOWEST_TEMPERATURE ? 1 : 1 / temperature;
    this.live.push(sequence);
  }

  private async advance(): Promise<void> {
    await this.session.step();
    this.steps++;
    for (let row = this.live.length - 1; row >= 0; row--) this.take(row);
  }

  /** Draws a row's next token and passes it on; ends the sequence where it has to end. */
  private take(row: number): void {
    const sequence = this.live[row]!;
    const { request } = sequence;
    const start = row * (this.session.probabilities.length / this.session.capacity);
    const token = this.sampler.sample(this.session.probabilities, start, this.effective(request), this.draw(sequence));
    sequence.generated++;
    this.session.ids[row] = BigInt(token);
    try {
      if (request.onToken(token)) this.remove(row).resolve('stopped');
      else if (sequence.generated >= request.maxTokens) this.remove(row).resolve('length');
    } catch (error) {
      this.remove(row).reject(error);
    }
  }

  private effective(request: DecodeRequest): SamplingParameters {
    return request.temperature < LOWEST_TEMPERATURE ? { temperature: 0, topP: 1, topK: 0 } : request;
  }

  /** The number that decides a token: a function of the sequence's seed and the token's position alone. */
  private draw({ request: { seed }, generated }: Sequence): number {
    const [high, low] = philox(
      Number(seed & 0xffffffffn),
      Number((seed >> 32n) & 0xffffffffn),
      generated,
      0,
      STREAMS.sampling,
    );
    return toUnit(high, low);
  }

  private remove(row: number): Sequence {
    const sequence = this.live[row]!;
    const last = this.live.pop()!;
    if (last !== sequence) this.live[row] = last;
    this.session.leave(row);
    return sequence;
  }
}
