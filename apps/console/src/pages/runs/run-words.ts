import type { Item } from '../../api/client.js';
import { durationMs } from '../../format/times.js';

/** A training run, as the API tells of it. */
export type Job = Item<'/v1/fine_tuning/jobs'>;

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

/** Whether nothing will change about it any more. */
export function hasEnded({ status }: Pick<Job, 'status'>): boolean {
  return ENDED.has(status);
}

/** What a person calls a run: its model and its suffix, and enough of its id to tell it from others. */
export function runName({
  id,
  model,
  user_provided_suffix: suffix,
}: Pick<Job, 'id' | 'model' | 'user_provided_suffix'>): string {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? model) : model;
  return `${base}${suffix === null ? '' : ` ${suffix}`} · ${id.replace('ftjob-', '').slice(0, 5)}`;
}

/** What it trains: a preset, or the preset of the model that it goes on from. */
export function presetOf({ model }: Pick<Job, 'model'>): string {
  return model.startsWith('ft:') ? (model.split(':')[1] ?? model) : model;
}

const PHASES: Readonly<Record<string, string>> = {
  reading: 'reading the text',
  training: 'training',
  evaluating: 'evaluating',
  exporting: 'writing the model',
  verifying: 'measuring the exported model',
};

/** Where a run stands, as a sentence without its end. */
export function standing(job: Job): string {
  const { status, desired_status: desired, progress, error } = job;
  if (status === 'running' && desired === 'paused') return 'saving its state to pause';
  if (status === 'running' && desired === 'cancelled') return 'stopping';
  if (status === 'failed') return error?.message ?? 'failed without a reason';
  if (status === 'queued' && (progress?.step ?? 0) > 0) return 'waits for the device to go on';
  if (status === 'queued') return 'waits for the device';
  if (status === 'paused') return `paused at step ${(progress?.step ?? 0).toLocaleString('en')}`;
  if (status !== 'running' || progress === null) return status.replaceAll('_', ' ');
  const phase = PHASES[progress.phase] ?? progress.phase;
  if (progress.phase !== 'training' || progress.seconds_left <= 0) return phase;
  return `${phase}, ${durationMs(progress.seconds_left * 1000)} left`;
}

/** How long workers have had a run, in milliseconds; null before one did. */
export function runMs({
  run_seconds: seconds,
  started_at: started,
}: Pick<Job, 'run_seconds' | 'started_at'>): number | null {
  return started === null ? null : seconds * 1000;
}
