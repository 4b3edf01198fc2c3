import { SingleBar } from 'cli-progress';
import type { JobEvaluation } from './job.js';
import { describeEvaluation } from './progress-text.js';

/** How far some work is. */
export interface WorkProgress {
  /** Changes when something else begins. */
  readonly phase: string;
  /** From 0 to 1. */
  readonly fraction: number;
  /** What stands behind the bar. */
  readonly text: string;
  readonly evaluation: JobEvaluation | null;
}

/** Shows how far some work is: a bar on a terminal, a line every few seconds elsewhere. */
export interface ProgressDisplay {
  show(work: WorkProgress): void;
  close(): void;
}

const LINE_INTERVAL_MS = 5000;
const BAR_TOTAL = 1000;

/** Makes the display that fits the output. */
export function createProgressDisplay(output: NodeJS.WriteStream): ProgressDisplay {
  return output.isTTY ? new BarDisplay(output) : new LineDisplay(output);
}

class LineDisplay implements ProgressDisplay {
  private lastText = '';
  private lastPhase: string | undefined;
  private lastAtMs = -Infinity;
  private evaluatedStep: number | undefined;

  constructor(private readonly output: NodeJS.WritableStream) {}

  show(work: WorkProgress): void {
    this.showEvaluation(work);
    const text = `  ${percent(work)}  ${work.text}`;
    const isNewPhase = work.phase !== this.lastPhase;
    const isDue = performance.now() - this.lastAtMs >= LINE_INTERVAL_MS;
    if (text === this.lastText || !(isNewPhase || isDue)) return;
    this.lastText = text;
    this.lastPhase = work.phase;
    this.lastAtMs = performance.now();
    this.output.write(`${text}\n`);
  }

  private showEvaluation({ evaluation }: WorkProgress): void {
    if (!evaluation || evaluation.step === this.evaluatedStep) return;
    this.evaluatedStep = evaluation.step;
    this.output.write(`${describeEvaluation(evaluation)}\n`);
  }

  close(): void {
    // Each line was complete.
  }
}

class BarDisplay implements ProgressDisplay {
  private bar: SingleBar | undefined;
  private evaluatedStep: number | undefined;

  constructor(private readonly output: NodeJS.WriteStream) {}

  show({ fraction, text, evaluation }: WorkProgress): void {
    if (evaluation && evaluation.step !== this.evaluatedStep) {
      this.evaluatedStep = evaluation.step;
      this.close();
      this.output.write(`${describeEvaluation(evaluation)}\n`);
    }
    this.bar ??= this.open();
    this.bar.update(Math.round(fraction * BAR_TOTAL), { text });
  }

  private open(): SingleBar {
    const bar = new SingleBar({
      stream: this.output,
      format: '  {bar} {percentage}%  {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      gracefulExit: false,
    });
    bar.start(BAR_TOTAL, 0, { text: '' });
    return bar;
  }

  close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

function percent({ fraction }: WorkProgress): string {
  return `${(fraction * 100).toFixed(0).padStart(3)}%`;
}
