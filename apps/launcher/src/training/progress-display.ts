import { SingleBar } from 'cli-progress';
import type { Job } from './job.js';
import { describeEvaluation, describeProgress } from './progress-text.js';

/** Shows how far a job is: a bar on a terminal, a line every few seconds elsewhere. */
export interface ProgressDisplay {
  show(job: Job): void;
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

  show(job: Job): void {
    this.showEvaluation(job);
    const text = `  ${percent(job)}  ${describeProgress(job)}`;
    const isNewPhase = job.progress?.phase !== this.lastPhase;
    const isDue = performance.now() - this.lastAtMs >= LINE_INTERVAL_MS;
    if (text === this.lastText || !(isNewPhase || isDue)) return;
    this.lastText = text;
    this.lastPhase = job.progress?.phase;
    this.lastAtMs = performance.now();
    this.output.write(`${text}\n`);
  }

  private showEvaluation({ progress }: Job): void {
    const evaluation = progress?.evaluation;
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

  show(job: Job): void {
    const evaluation = job.progress?.evaluation;
    if (evaluation && evaluation.step !== this.evaluatedStep) {
      this.evaluatedStep = evaluation.step;
      this.close();
      this.output.write(`${describeEvaluation(evaluation)}\n`);
    }
    this.bar ??= this.open();
    this.bar.update(Math.round((job.progress?.fraction ?? 0) * BAR_TOTAL), { text: describeProgress(job) });
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

function percent({ progress }: Job): string {
  return `${((progress?.fraction ?? 0) * 100).toFixed(0).padStart(3)}%`;
}
