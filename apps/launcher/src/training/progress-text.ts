import type { Job, JobEvaluation, JobProgress } from './job.js';

const PHASES: Readonly<Record<string, string>> = {
  reading: 'reading the texts',
  training: 'training',
  evaluating: 'evaluating',
  exporting: 'exporting',
  verifying: 'checking the exported model',
};

/** What stands behind the bar: phase, pass, rate, loss and the time left. */
export function describeProgress({ status, progress }: Job): string {
  if (progress === null || status !== 'running') return status === 'running' ? 'starting' : 'waiting for the trainer';
  const phase = PHASES[progress.phase] ?? progress.phase;
  return progress.phase === 'training' && progress.tokens_per_second > 0
    ? `${phase}, ${describeRate(progress)}`
    : phase;
}

function describeRate({ epoch, epochs, tokens_per_second, loss, seconds_left }: JobProgress): string {
  const pass = `pass ${epoch} of ${epochs}`;
  const rate = `${formatCount(tokens_per_second)} tokens/s`;
  return [pass, rate, `loss ${loss.toFixed(2)}`, `${formatDuration(seconds_left)} left`].join(', ');
}

/** One line about a measurement on held-out text. */
export function describeEvaluation({ validation, gap_points }: JobEvaluation): string {
  const accuracy = `${(validation.top1 * 100).toFixed(1)}% of the next words right`;
  return `  held-out text: perplexity ${validation.perplexity.toFixed(0)}, ${accuracy}, train/validation gap ${gap_points.toFixed(1)} points`;
}

/** 20 -> `less than a minute`; 75 -> `about 1 minute`; 150 -> `about 3 minutes`. */
export function describeMinutes(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return seconds < 45 ? 'less than a minute' : `about ${minutes} minute${minutes === 1 ? '' : 's'}`;
}

/** 75 -> `1:15`; 3675 -> `1:01:15`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** 1234567 -> `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
