import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client.js';
import type { Terminal } from '../terminal.js';
import { progressOf } from '../training/follow-job.js';
import type { Job } from '../training/job.js';
import { createProgressDisplay, type ProgressDisplay, type WorkProgress } from '../training/progress-display.js';
import type { Experiment } from './experiment.js';
import { describeFirstAdvice, describeOutcome, describeRelease } from './verdict-text.js';

const POLL_MS = 500;

/** What an experiment is followed with. */
export interface FollowExperimentOptions {
  readonly trainer: ApiClient;
  readonly terminal: Terminal;
  /** Where the report is written to. */
  readonly reportFolder: string;
  readonly signal: AbortSignal;
}

/** Waits until the first training of an experiment is queued; returns its job, or null when the experiment has ended without. */
export async function firstJobOf(
  id: string,
  { trainer, signal }: Pick<FollowExperimentOptions, 'trainer' | 'signal'>,
): Promise<string | null> {
  for (;;) {
    const experiment = await getExperiment(trainer, id, signal);
    if (experiment.from_job !== null || experiment.finished_at !== null) return experiment.from_job;
    await delay(POLL_MS, undefined, { signal });
  }
}

/**
 * Shows what follows on the first training, stage by stage, and tells the verdict. An experiment that fails is told, not
 * thrown: what serves goes on serving.
 */
export async function followExperiment(id: string, options: FollowExperimentOptions): Promise<void> {
  const { trainer, terminal, signal } = options;
  const stages = new StageDisplay(terminal);
  try {
    for (;;) {
      const experiment = await getExperiment(trainer, id, signal);
      if (experiment.finished_at !== null) {
        stages.close();
        await tellEnd(experiment, options);
        return;
      }
      await stages.show(experiment, (job) => trainer.json<Job>({ path: `/v1/fine_tuning/jobs/${job}`, signal }));
      await delay(POLL_MS, undefined, { signal });
    }
  } finally {
    stages.close();
  }
}

function getExperiment(trainer: ApiClient, id: string, signal: AbortSignal): Promise<Experiment> {
  return trainer.json<Experiment>({ path: `/v1/upgrade-experiments/${id}`, signal });
}

/** A headline and a bar for each stage. */
class StageDisplay {
  private stage: string | undefined;
  private display: ProgressDisplay | undefined;

  constructor(private readonly terminal: Terminal) {}

  async show(experiment: Experiment, getJob: (id: string) => Promise<Job>): Promise<void> {
    const { status, progress } = experiment;
    const { headline, job: jobId } = stageOf(experiment);
    const job = jobId === null ? null : await getJob(jobId);
    // A training that has ended was shown already; the next stage begins within a second.
    if (job?.status === 'succeeded') return;
    if (status !== this.stage) {
      this.close();
      for (const line of headline) this.terminal.say(line);
      this.stage = status;
      this.display = createProgressDisplay(this.terminal.output);
    }
    if (job !== null) this.display?.show(progressOf(job));
    else if (progress !== null) this.display?.show(measuring(progress));
  }

  close(): void {
    this.display?.close();
    this.display = undefined;
  }
}

function stageOf(experiment: Experiment): { readonly headline: readonly string[]; readonly job: string | null } {
  const { status, from, to, fallback, advice } = experiment;
  const tried = fallback ?? to;
  switch (status) {
    case 'training_from':
      return { headline: [`Training "${from}":`], job: experiment.from_job };
    case 'advising':
      return { headline: [`Measuring "${from}" on held-out text, beside a trigram model:`], job: null };
    case 'training_to':
      return {
        headline: [...(advice === null ? [] : [describeFirstAdvice(experiment, advice)]), `Training "${to}":`],
        job: experiment.to_job,
      };
    case 'training_fallback':
      return { headline: [`"${to}" does not hold. Training "${tried}":`], job: experiment.fallback_job };
    default:
      return {
        headline: [`Comparing "${from}" with "${status === 'comparing' ? to : tried}" on held-out text:`],
        job: null,
      };
  }
}

function measuring({ phase, message, fraction }: NonNullable<Experiment['progress']>): WorkProgress {
  return { phase, fraction, text: message, evaluation: null };
}

async function tellEnd(experiment: Experiment, { trainer, terminal, reportFolder, signal }: FollowExperimentOptions) {
  const { id, status, outcome, error, from } = experiment;
  if (outcome === null) {
    const reason = error === null ? `it is ${status}.` : error.message;
    terminal.say(`The upgrade experiment ${id} has no verdict: ${reason} "${from}" goes on serving.`);
    return;
  }
  terminal.say();
  const [verdict = '', ...reasons] = describeOutcome(experiment, outcome);
  terminal.say(terminal.strong(verdict));
  for (const reason of reasons) terminal.say(`  ${reason}`);
  const path = `/v1/upgrade-experiments/${id}/report`;
  await mkdir(reportFolder, { recursive: true });
  const file = join(reportFolder, `${id}.md`);
  await writeFile(file, await trainer.text(path, 'text/markdown', signal));
  terminal.say(`The report, with every rule and sample texts: ${terminal.strong(file)}`);
  terminal.say(`  or ${trainer.url}${path}.`);
  terminal.say(`${describeRelease(experiment)}\n`);
}
