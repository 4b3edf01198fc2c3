import { philox, STREAMS, toUnit } from '../model/random.js';
import type { DecodeSession, SequenceState } from '../sampling/decode-session.js';
import { SamplingPlan } from '../sampling/sampling-plan.js';
import type { SampledRow } from '../sampling/token-sampler.js';
import type { DecodeEnd, SequenceRequest } from './decode-job.js';
import type { Row } from './row-table.js';
import type { DecodeContext, RowTask } from './row-task.js';
import { scoreToken } from './score-token.js';

/** A row's results where a step leaves them. Logits are asked for only when a draw reads them: most steps have none. */
class StepResults implements SampledRow {
  start = 0;

  constructor(private readonly session: DecodeSession) {}

  get probabilities(): Float32Array {
    return this.session.probabilities;
  }

  get logits(): Float32Array {
    return this.session.logits;
  }
}

/** One text that is drawn token by token. */
export class SampledSequence implements RowTask {
  readonly readsLogits: boolean;
  private readonly row: Row | null;
  private readonly plan: SamplingPlan;
  private readonly results: StepResults;
  private readonly seedLow: number;
  private readonly seedHigh: number;
  private generated = 0;

  constructor(
    private readonly context: DecodeContext,
    prompt: readonly number[],
    state: SequenceState,
    private readonly request: SequenceRequest,
  ) {
    this.plan = new SamplingPlan(request.sampling, prompt);
    this.results = new StepResults(context.session);
    this.seedLow = Number(request.seed & 0xffffffffn);
    this.seedHigh = Number((request.seed >> 32n) & 0xffffffffn);
    this.row = request.maxTokens === 0 ? null : context.rows.join(state, prompt.at(-1)!, this.plan.inverseTemperature);
    if (this.row === null) request.onEnd('length');
    const { logprobs, ignoreEos, minTokens } = request;
    this.readsLogits = this.plan.readsLogits || logprobs !== null || ignoreEos || minTokens > 0;
  }

  advance(): boolean {
    const { request, plan } = this;
    const { session, sampler } = this.context;
    const row = this.row!;
    plan.banEos = request.ignoreEos || this.generated < request.minTokens;
    this.results.start = row.index * session.vocabularySize;
    const token = sampler.sample(this.results, plan, this.drawnNumber());
    const score = request.logprobs === null ? null : scoreToken(this.context, row, token, request.logprobs);
    plan.accept(token);
    this.generated++;
    session.setId(row.index, token);
    const end = this.endAfter(token, score);
    if (end === null) return false;
    request.onEnd(end);
    return true;
  }

  leave(): void {
    if (this.row !== null) this.context.rows.leave(this.row);
  }

  private endAfter(token: number, score: ReturnType<typeof scoreToken> | null): DecodeEnd | null {
    if (this.request.onToken(token, score)) return 'stopped';
    return this.generated >= this.request.maxTokens ? 'length' : null;
  }

  /** The number that decides a token: a function of the sequence's seed and the token's position alone. */
  private drawnNumber(): number {
    const [first, second] = philox(this.seedLow, this.seedHigh, this.generated, 0, STREAMS.sampling);
    return toUnit(first, second);
  }
}
