import { CodedError } from '#errors';
import type { DecodeSession } from '../sampling/decode-session.js';
import { TokenScorer } from '../sampling/token-scorer.js';
import { DOCUMENT_ID, UNKNOWN_ID } from '../tokenizer/index.js';
import { RowTable, type Row } from './row-table.js';
import { scoreToken, type ScoringContext } from './score-token.js';

/** Texts that are scored side by side; a step of eight rows takes little longer than a step of one. */
export const BACKGROUND_ROWS = 8;
/** While texts are being generated, one of so many turns of the loop scores. */
const TURNS_PER_STEP = 8;

/** How well a model predicts a text that begins a document. */
export interface TextScore {
  /** All of the text's. */
  readonly tokens: number;
  /** Mean negative log-likelihood per token, nats; `<unk>` is a class of its own. 0 for an empty text. */
  readonly lossNats: number;
  /** Tokens that are `<unk>`. */
  readonly unknownTokens: number;
}

/** What became of texts that were to be scored, and the time that their share of the steps took. */
export interface Scoring {
  readonly scores: readonly TextScore[];
  readonly computeMs: number;
}

/** Who wants to know; one of the two is called, once. */
export interface ScoringListener {
  readonly finished: (scoring: Scoring) => void;
  readonly failed: (reason: unknown) => void;
}

interface Job {
  readonly listener: ScoringListener;
  readonly scores: TextScore[];
  /** Texts that are not read to their end. */
  open: number;
  computeMs: number;
}

interface Text {
  readonly job: Job;
  readonly index: number;
  readonly ids: readonly number[];
}

interface Reading extends Text {
  readonly row: Row;
  read: number;
  lossNats: number;
}

/**
 * Scores texts by the graph that generates, in rows of its own, when nothing else is to be decoded; beside texts that are being
 * generated it takes one turn of several, so that it is never starved either. Their rows are not touched.
 */
export class BackgroundScorer {
  private readonly waiting: Text[] = [];
  private readonly reading: Reading[] = [];
  private readonly rows: RowTable;
  private turnsWaited = 0;
  private isClosed = false;
  /** Steps made so far. */
  steps = 0;
  /** Called when there is something to do. */
  onWork: () => void = () => undefined;

  private constructor(private readonly context: ScoringContext) {
    this.rows = new RowTable(context.session);
  }

  /** @param session nobody else's; its graphs may be, and whoever owns them disposes of them after `close` */
  static async create(session: DecodeSession): Promise<BackgroundScorer> {
    return new BackgroundScorer({ session, scorer: await TokenScorer.create(session.vocabularySize) });
  }

  get hasWork(): boolean {
    return this.waiting.length + this.reading.length > 0;
  }

  /** Scores texts of token ids, without `<doc>`. */
  submit(texts: readonly (readonly number[])[], listener: ScoringListener): void {
    if (this.isClosed) {
      listener.failed(unloaded());
      return;
    }
    const scores = texts.map(() => ({ tokens: 0, lossNats: 0, unknownTokens: 0 }));
    const work = texts.flatMap((ids, index) => (ids.length === 0 ? [] : [{ index, ids }]));
    if (work.length === 0) {
      listener.finished({ scores, computeMs: 0 });
      return;
    }
    const job: Job = { listener, scores, open: work.length, computeMs: 0 };
    this.waiting.push(...work.map((text) => ({ ...text, job })));
    this.onWork();
  }

  /** A turn of the loop: makes a step when it is time for one. @param isBusy whether texts are being generated */
  async turn(isBusy: boolean): Promise<void> {
    if (!this.hasWork) return;
    if (isBusy && ++this.turnsWaited < TURNS_PER_STEP) return;
    this.turnsWaited = 0;
    try {
      await this.step();
    } catch (error) {
      this.failAll(error);
    }
  }

  /** Gives up what was not finished and takes nothing new. */
  close(): void {
    this.isClosed = true;
    this.failAll(unloaded());
  }

  private async step(): Promise<void> {
    const { session } = this.context;
    while (this.waiting.length > 0 && this.rows.free > 0) {
      const row = this.rows.join(session.emptyState(), DOCUMENT_ID, 1);
      this.reading.push({ ...this.waiting.shift()!, row, read: 0, lossNats: 0 });
    }
    const startedAt = performance.now();
    await session.step();
    this.steps++;
    // Closed or failed meanwhile: nobody waits for it any more.
    if (this.reading.length === 0) return;
    for (const text of this.reading) {
      const next = text.ids[text.read++]!;
      text.lossNats -= scoreToken(this.context, text.row, next, 0).logprob;
      session.setId(text.row.index, next);
    }
    const msPerText = (performance.now() - startedAt) / this.reading.length;
    for (const { job } of this.reading) job.computeMs += msPerText;
    // Only now may rows move: until here each result stood where its row is.
    this.endFinished();
  }

  private endFinished(): void {
    for (let at = this.reading.length - 1; at >= 0; at--) {
      const { job, index, ids, read, lossNats, row } = this.reading[at]!;
      if (read < ids.length) continue;
      this.reading.splice(at, 1);
      this.rows.leave(row);
      const unknownTokens = ids.reduce((count, id) => count + Number(id === UNKNOWN_ID), 0);
      job.scores[index] = { tokens: ids.length, lossNats: lossNats / ids.length, unknownTokens };
      if (--job.open === 0) job.listener.finished({ scores: job.scores, computeMs: job.computeMs });
    }
  }

  private failAll(reason: unknown): void {
    const jobs = new Set([...this.waiting, ...this.reading].map(({ job }) => job));
    for (const { row } of this.reading.splice(0)) this.rows.leave(row);
    this.waiting.length = 0;
    for (const { listener } of jobs) listener.failed(reason);
  }
}

function unloaded(): CodedError {
  return new CodedError('server_is_overloaded', 'This model version is being unloaded. Score the text again.');
}
