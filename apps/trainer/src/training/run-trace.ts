import type { TrainingEvent } from '#language-model';
import type { Tracing, TraceScope } from '#observability';
import type { TrainingRun } from '#registry';

/** How often steps become a span: a run of hours has some thousands. */
const STEPS_EVERY_MS = 10_000;

/** The trace of one attempt at a run: its phases, and in them its steps, evaluations and checkpoints. */
export class RunTrace {
  private readonly attempt: TraceScope;
  private phase: TraceScope | null = null;
  private stepsSinceMs = performance.now();
  private step = 0;

  constructor(tracing: Tracing, run: TrainingRun) {
    const attributes = {
      'understudy.training_run': run.id,
      'understudy.preset': run.preset,
      'understudy.attempt': run.attempt,
    };
    this.attempt = tracing.begin('training attempt', attributes, run.traceParent);
    this.phase = this.attempt.begin('start');
  }

  /** Takes note of what the training process tells. */
  take(event: TrainingEvent): void {
    switch (event.type) {
      case 'phase':
        this.phase?.end();
        this.phase = this.attempt.begin(event.phase);
        this.stepsSinceMs = performance.now();
        return;
      case 'progress':
        this.progress(event);
        return;
      case 'evaluation':
        this.happened('evaluation', { 'understudy.step': event.step });
        return;
      case 'checkpoint':
        this.happened('checkpoint', { 'understudy.step': event.step });
        return;
      case 'state_saved':
        this.happened('state saved', { 'understudy.step': event.step });
        return;
      case 'resumed':
        this.step = event.step;
        this.attempt.describe({ 'understudy.resumed_from_step': event.step });
        return;
      case 'log':
        return;
    }
  }

  /** @param end how the attempt ended */
  end(end: string): void {
    this.phase?.end();
    this.attempt.describe({ 'understudy.end': end });
    this.attempt.end(end === 'failed' || end === 'lost' ? { error: `The attempt ended as ${end}.` } : {});
  }

  private progress({ step, stepMs, lossNats, tokensPerSecond }: Extract<TrainingEvent, { type: 'progress' }>): void {
    const nowMs = performance.now();
    if (step <= this.step || (nowMs - this.stepsSinceMs < STEPS_EVERY_MS && this.step > 0)) return;
    const endMs = nowMs;
    const steps = this.phase?.add('training steps', {
      startMs: this.stepsSinceMs,
      endMs,
      attributes: {
        'understudy.first_step': this.step + 1,
        'understudy.last_step': step,
        'understudy.loss_nats': lossNats,
        'understudy.tokens_per_second': tokensPerSecond,
      },
    });
    // The newest step, by its parts: their means since the progress before.
    const { read, compute, optimizer } = stepMs;
    const startMs = endMs - read - compute - optimizer;
    const newest = steps?.add('training step', { startMs, endMs, attributes: { 'understudy.step': step } });
    newest?.add('read', { startMs, endMs: startMs + read });
    newest?.add('compute', { startMs: startMs + read, endMs: startMs + read + compute });
    newest?.add('optimizer', { startMs: endMs - optimizer, endMs });
    this.step = step;
    this.stepsSinceMs = nowMs;
  }

  private happened(name: string, attributes: Readonly<Record<string, number>>): void {
    const nowMs = performance.now();
    (this.phase ?? this.attempt).add(name, { startMs: nowMs, endMs: nowMs, attributes });
  }
}
