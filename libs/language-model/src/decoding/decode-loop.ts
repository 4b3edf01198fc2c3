import { CodedError } from '#errors';
import { PREFILL_CHUNK, type DecodeSession, type SequenceState } from '../sampling/decode-session.js';
import { TokenSampler } from '../sampling/token-sampler.js';
import { TokenScorer } from '../sampling/token-scorer.js';
import type { BackgroundScorer } from './background-scorer.js';
import { BeamTask } from './beam-task.js';
import type { DecodeJob } from './decode-job.js';
import { PromptScorer } from './prompt-scorer.js';
import { RowTable } from './row-table.js';
import type { DecodeContext, RowTask } from './row-task.js';
import { SampledSequence } from './sampled-sequence.js';

/** A submitted job. */
export interface JobHandle {
  /** Ends it within one step, wherever it is; `onFailed` hears the reason. */
  readonly cancel: (reason: unknown) => void;
}

interface JobRun {
  readonly job: DecodeJob;
  state: SequenceState;
  /** Prompt tokens read so far; the last one is read by the first decode step. */
  read: number;
  /** What has not got its rows yet. */
  readonly starts: TaskStart[];
  /** Tasks that have not ended, started or not. */
  open: number;
  failure: { readonly reason: unknown } | null;
}

interface TaskStart {
  readonly rowsNeeded: number;
  readonly start: (run: JobRun) => RowTask;
}

/**
 * Continuous batching: each step advances every live sequence by one token, and between steps sequences join and leave.
 * Prompts take turns for free rows, so a request for many texts does not keep the others waiting. The loop runs while there is
 * something to do and lets the event loop run at each step.
 */
export class DecodeLoop {
  private readonly session: DecodeSession;
  private readonly waiting: JobRun[] = [];
  private readonly reading: JobRun[] = [];
  private readonly ready: JobRun[] = [];
  private readonly live: { readonly run: JobRun; readonly task: RowTask }[] = [];
  private running: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private failures = 0;
  /** Decode steps made so far. */
  steps = 0;
  /** Rows that all steps together have advanced. */
  advancedRows = 0;
  /** Called after each turn of the loop, when everything of that turn has been told. */
  onTurn: () => void = () => undefined;

  private constructor(
    private readonly context: DecodeContext,
    private readonly background: BackgroundScorer | null,
  ) {
    this.session = context.session;
    if (!background) return;
    background.onWork = () => {
      this.running ??= this.loop();
    };
  }

  /** A loop over a session, which it owns from now on, and what is scored beside it. */
  static async create(session: DecodeSession, background: BackgroundScorer | null = null): Promise<DecodeLoop> {
    const sampler = await TokenSampler.create(session.vocabularySize);
    const scorer = await TokenScorer.create(session.vocabularySize);
    return new DecodeLoop({ session, rows: new RowTable(session), sampler, scorer }, background);
  }

  /** Rows that are being decoded. */
  get liveRows(): number {
    return this.context.rows.taken;
  }

  /** Jobs that have not ended. */
  get pendingJobs(): number {
    return (
      this.waiting.length + this.reading.length + this.ready.length + new Set(this.live.map(({ run }) => run)).size
    );
  }

  /**
   * Starts a job as soon as there is room.
   * @throws server_is_overloaded when the loop is being closed; invalid_value when a beam is wider than the batch
   */
  submit(job: DecodeJob): JobHandle {
    if (this.closing)
      throw new CodedError('server_is_overloaded', 'This model version is being unloaded. Send the request again.');
    if (job.beam !== null && job.beam.width > this.session.capacity) {
      throw new CodedError(
        'invalid_value',
        `beam_width must be at most ${this.session.capacity} on this server. Got ${job.beam.width}.`,
        { param: 'beam_width' },
      );
    }
    const starts = this.startsOf(job);
    const run: JobRun = { job, state: this.session.emptyState(), read: 0, starts, open: starts.length, failure: null };
    this.waiting.push(run);
    this.running ??= this.loop();
    return {
      cancel: (reason) => {
        this.fail(run, reason);
      },
    };
  }

  /** Refuses new jobs, waits for those under way, then frees the session. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private startsOf({ sequences, beam, promptScores, prompt }: DecodeJob): TaskStart[] {
    const { context } = this;
    const starts: TaskStart[] = sequences.map((sequence) => ({
      rowsNeeded: sequence.maxTokens === 0 ? 0 : 1,
      start: ({ job, state }) => new SampledSequence(context, job.prompt, state, sequence),
    }));
    if (beam) {
      starts.push({
        rowsNeeded: beam.maxTokens === 0 ? 0 : beam.width,
        start: ({ job, state }) => new BeamTask(context, job.prompt, state, beam),
      });
    }
    if (promptScores && prompt.length > 1) {
      // Scoring reads the prompt row by row and leaves the state that the texts begin with.
      starts.unshift({
        rowsNeeded: 1,
        start: (run) =>
          new PromptScorer(context, prompt, promptScores, (state) => {
            run.state = state;
            run.read = prompt.length - 1;
          }),
      });
    }
    return starts;
  }

  private async finish(): Promise<void> {
    this.background?.close();
    this.onTurn();
    while (this.running) await this.running;
    await this.session.dispose();
  }

  /** Whether there is something to generate. */
  private get isBusy(): boolean {
    return this.waiting.length + this.reading.length + this.ready.length + this.live.length > 0;
  }

  private async loop(): Promise<void> {
    // Let the caller's other submissions of this turn join the first step.
    await Promise.resolve();
    try {
      while (this.isBusy || this.background?.hasWork) {
        this.dropFailed();
        this.admit();
        await this.prefill();
        this.startReady();
        if (this.session.rows > 0) await this.step();
        await this.background?.turn(this.isBusy);
        this.onTurn();
      }
    } catch (error) {
      this.failAll(error);
    } finally {
      this.running = undefined;
    }
  }

  private fail(run: JobRun, reason: unknown): void {
    if (run.failure !== null || run.open === 0) return;
    run.failure = { reason };
    this.failures++;
  }

  private failAll(error: unknown): void {
    const runs = new Set([...this.waiting, ...this.reading, ...this.ready, ...this.live.map(({ run }) => run)]);
    for (const { task } of this.live.splice(0)) task.leave();
    this.waiting.length = this.reading.length = this.ready.length = 0;
    this.failures = 0;
    for (const run of runs) {
      run.open = 0;
      run.job.onFailed(run.failure?.reason ?? error);
    }
    this.onTurn();
  }

  private dropFailed(): void {
    if (this.failures === 0) return;
    const failed = new Set<JobRun>();
    for (const list of [this.waiting, this.reading, this.ready]) removeFailed(list, (run) => run, failed);
    for (const { task } of removeFailed(this.live, ({ run }) => run, failed)) task.leave();
    this.failures = 0;
    for (const run of failed) {
      run.open = 0;
      run.job.onFailed(run.failure!.reason);
    }
  }

  /** Prompts are read ahead of free rows, but not without limit. */
  private admit(): void {
    while (this.waiting.length > 0 && this.reading.length + this.ready.length < this.session.capacity) {
      const run = this.waiting.shift()!;
      run.job.onStart?.();
      const { prompt, promptScores } = run.job;
      if (prompt.length > 1 && promptScores === null) this.reading.push(run);
      else this.becomeReady(run);
    }
  }

  private becomeReady(run: JobRun): void {
    if (run.job.promptScores === null || run.job.prompt.length === 1) run.job.onRead?.();
    if (run.starts.length > 0) this.ready.push(run);
    else run.job.onFinished?.();
  }

  /** Reads prompts until about a chunk's worth of tokens was read, so that the live sequences wait for no more than that. */
  private async prefill(): Promise<void> {
    for (let read = 0; read < PREFILL_CHUNK && this.reading.length > 0;)
      read += await this.prefillOne(this.reading[0]!);
  }

  /** Reads the next chunk of one prompt; returns how many tokens that were. */
  private async prefillOne(run: JobRun): Promise<number> {
    const { prompt } = run.job;
    const end = Math.min(run.read + PREFILL_CHUNK, prompt.length - 1);
    const tokens = end - run.read;
    this.reading.shift();
    try {
      run.state = await this.session.prefill(run.state, prompt.slice(run.read, end));
    } catch (error) {
      // It is read alone, so the others are well.
      run.open = 0;
      run.job.onFailed(error);
      return tokens;
    }
    run.read = end;
    if (end < prompt.length - 1) this.reading.push(run);
    else this.becomeReady(run);
    return tokens;
  }

  /** Gives free rows to those that are ready, in turns. */
  private startReady(): void {
    while (this.ready.length > 0) {
      const run = this.ready[0]!;
      const next = run.starts[0]!;
      if (next.rowsNeeded > this.context.rows.free) return;
      this.ready.shift();
      run.starts.shift();
      const task = next.start(run);
      this.live.push({ run, task });
      // The texts of a prompt that is being scored begin when that has ended.
      const scoring = task instanceof PromptScorer;
      if (run.starts.length > 0 && !scoring) this.ready.push(run);
      if (next.rowsNeeded === 0) this.endFinished(new Set([task]));
    }
  }

  private async step(): Promise<void> {
    await this.session.step(this.live.some(({ task }) => task.readsLogits));
    this.steps++;
    this.advancedRows += this.session.rows;
    const finished = new Set<RowTask>();
    for (const { run, task } of this.live) {
      try {
        if (task.advance()) finished.add(task);
      } catch (error) {
        this.fail(run, error);
      }
    }
    // Only now may rows move: until here each result stood where its row is.
    if (finished.size > 0) this.endFinished(finished);
    this.dropFailed();
  }

  private endFinished(finished: ReadonlySet<RowTask>): void {
    for (let index = this.live.length - 1; index >= 0; index--) {
      const { run, task } = this.live[index]!;
      if (!finished.has(task)) continue;
      this.live.splice(index, 1);
      task.leave();
      run.open--;
      if (task instanceof PromptScorer) this.becomeReadyAfterScoring(run);
      else if (run.open === 0) run.job.onFinished?.();
    }
  }

  private becomeReadyAfterScoring(run: JobRun): void {
    // Cancelled while its last step was computed: back to a list, where those that have failed are looked for.
    if (run.failure !== null) {
      this.ready.push(run);
      return;
    }
    run.job.onRead?.();
    if (run.starts.length > 0) this.ready.push(run);
    else run.job.onFinished?.();
  }
}

/** Takes those out of a list whose run has failed, and notes the runs. */
function removeFailed<T>(list: T[], runOf: (item: T) => JobRun, failed: Set<JobRun>): T[] {
  const removed: T[] = [];
  for (let index = list.length - 1; index >= 0; index--) {
    const run = runOf(list[index]!);
    if (run.failure === null) continue;
    failed.add(run);
    removed.push(...list.splice(index, 1));
  }
  return removed;
}
