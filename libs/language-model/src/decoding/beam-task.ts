import { BeamSearch, type BeamStep } from '../sampling/beam-search.js';
import type { SequenceState } from '../sampling/decode-session.js';
import { DOCUMENT_ID } from '../tokenizer/index.js';
import type { BeamRequest } from './decode-job.js';
import type { Row } from './row-table.js';
import type { DecodeContext, RowTask } from './row-task.js';
import { logitOf, scorePosition } from './score-token.js';

/** A beam search in as many rows as it has beams. All begin with the same state, so the first step looks at one of them. */
export class BeamTask implements RowTask {
  readonly readsLogits = true;
  private readonly rows: readonly Row[];
  private readonly search: BeamSearch;
  private beams = 1;
  private generatedTokens = 0;

  constructor(
    private readonly context: DecodeContext,
    prompt: readonly number[],
    state: SequenceState,
    private readonly request: BeamRequest,
  ) {
    this.search = new BeamSearch(request);
    const join = (): Row => context.rows.join(state, prompt.at(-1)!, 1);
    this.rows = request.maxTokens === 0 ? [] : Array.from({ length: request.width }, join);
    if (request.maxTokens === 0)
      request.onEnd([{ tokens: [], logprobs: [], top: [], score: 0, finishReason: 'length' }], 0);
  }

  advance(): boolean {
    const { context, request, search } = this;
    const count = Math.max(search.topCount, request.logprobs ?? 0);
    const live = this.rows.slice(0, this.beams);
    const positions = live.map((row) => scorePosition(context, row, count));
    const ends = live.map((row, beam) => logitOf(context, row, DOCUMENT_ID) - positions[beam]!.logOfSum);
    const step = search.advance(positions, ends, request.endsText);
    this.generatedTokens += step?.tokens.length ?? 1;
    if (step !== undefined) {
      this.goOn(step);
      return false;
    }
    request.onEnd(search.results, this.generatedTokens);
    return true;
  }

  leave(): void {
    for (const row of this.rows) this.context.rows.leave(row);
  }

  private goOn({ parents, tokens }: BeamStep): void {
    const { session } = this.context;
    this.beams = tokens.length;
    const rows = this.rows.slice(0, this.beams).map(({ index }) => index);
    session.rearrange(
      rows,
      parents.map((parent) => this.rows[parent]!.index),
    );
    rows.forEach((row, beam) => session.setId(row, tokens[beam]!));
  }
}
