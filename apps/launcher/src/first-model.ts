import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isCodedError } from '#errors';
import type { ApiClient } from './api-client.js';
import { measureCorpus, openDocumentationCorpus, type MeasuredCorpus } from './corpus/corpus-source.js';
import { findFile } from './corpus/find-file.js';
import type { FirstModelOptions } from './first-model-options.js';
import { startTraining } from './first-training.js';
import { followJob } from './training/follow-job.js';
import { tellReport } from './tell-report.js';
import type { Job } from './training/job.js';
import { createProgressDisplay } from './training/progress-display.js';
import type { Experiment } from './upgrade/experiment.js';
import { firstJobOf, followExperiment } from './upgrade/follow-experiment.js';

const LET_GO_MS = 10_000;
const POLL_MS = 200;

/** What there is to serve, and what goes on beside it. */
export interface FirstModel {
  /** The version that serves; null where there is none and none is to be trained. */
  readonly version: string | null;
  /** Follows the experiment under way to its verdict; null where there is none. */
  readonly rest: (() => Promise<void>) | null;
}

interface List<T> {
  readonly data: readonly T[];
}

/**
 * Makes sure that the deployment serves a model where one is wanted: serves what there is, goes on with what was interrupted,
 * or begins an experiment, whose first model is promoted as soon as it exists. A corpus that was not trained on yet is
 * trained on anew.
 */
export async function ensureModel(context: FirstModelOptions): Promise<FirstModel> {
  const { backend, options, corpus, deployment, terminal } = context;
  const { incumbentVersionId } = await backend.registry.ensureDeployment(deployment);
  if (options.noTrain) return { version: incumbentVersionId, rest: null };
  const experiment = await findEarlierExperiment(context);
  if (incumbentVersionId !== null && corpus === null) return serve(context, incumbentVersionId, experiment);

  const earlier = experiment === null ? await findEarlierJob(context) : await jobOf(context, experiment);
  if (earlier?.status === 'succeeded' && incumbentVersionId !== null) {
    return serve(context, incumbentVersionId, experiment);
  }
  if (earlier !== null && earlier.status !== 'succeeded') terminal.say(`Going on with the training ${earlier.id}.`);
  const begun = earlier === null ? await begin(context) : { job: earlier, experiment };
  if (earlier === null) await tellReport(context, begun.job.training_file);

  const version = await follow(context, begun.job);
  if (version !== incumbentVersionId) await promote(context, version);
  return serve(context, version, begun.experiment);
}

function serve(
  { backend: { trainer }, dataDir, terminal, signal }: FirstModelOptions,
  version: string,
  experiment: Experiment | null,
): FirstModel {
  if (experiment === null || experiment.finished_at !== null) return { version, rest: null };
  const reportFolder = join(dataDir, 'reports');
  return { version, rest: () => followExperiment(experiment.id, { trainer, terminal, reportFolder, signal }) };
}

async function begin(context: FirstModelOptions): Promise<{ job: Job; experiment: Experiment | null }> {
  const begun = await startTraining(context, context.corpus ?? (await readDocumentation(context)));
  if (begun.kind === 'job') return { job: begun.job, experiment: null };
  const job = await jobOf(context, begun.experiment);
  if (job === null) throw new Error(`The experiment ${begun.experiment.id} has ended without a training.`);
  return { job, experiment: begun.experiment };
}

async function jobOf({ backend: { trainer }, signal }: FirstModelOptions, { id }: Experiment): Promise<Job | null> {
  const job = await firstJobOf(id, { trainer, signal });
  return job === null ? null : await trainer.json<Job>({ path: `/v1/fine_tuning/jobs/${job}`, signal });
}

/** The newest experiment, on this corpus where one was given, that is under way or has a verdict. */
async function findEarlierExperiment({
  backend: { trainer },
  options,
  corpus,
  signal,
}: FirstModelOptions): Promise<Experiment | null> {
  const { data } = await trainer.json<List<Experiment>>({ path: '/v1/upgrade-experiments?limit=100', signal });
  const usable = data.filter(({ status }) => status !== 'failed' && status !== 'cancelled');
  if (corpus === null) return usable[0] ?? null;
  const file = await findFile(trainer, corpus, signal);
  return usable.find(({ training_file, from }) => training_file === file && from === options.preset) ?? null;
}

/** The newest job, on this corpus where one was given, that is under way or ended with a model. */
async function findEarlierJob({
  backend: { trainer },
  options,
  corpus,
  signal,
}: FirstModelOptions): Promise<Job | null> {
  const { data: jobs } = await trainer.json<List<Job>>({ path: '/v1/fine_tuning/jobs?limit=100', signal });
  const usable = jobs.filter(({ status }) => status !== 'failed' && status !== 'cancelled');
  if (corpus === null) return usable[0] ?? null;
  const file = await findFile(trainer, corpus, signal);
  return usable.find((job) => job.training_file === file && job.model === options.preset) ?? null;
}

async function readDocumentation({ terminal, signal }: FirstModelOptions): Promise<MeasuredCorpus> {
  const source = openDocumentationCorpus('node_modules');
  terminal.say(`Reading ${source.description} ...`);
  return await measureCorpus(source, signal);
}

async function follow({ backend, terminal, signal }: FirstModelOptions, job: Job): Promise<string> {
  try {
    return await followJob(backend.trainer, job.id, createProgressDisplay(terminal.output), signal);
  } catch (error) {
    // A corpus that cannot be trained on is of no use to anyone.
    if (isCodedError(error) && /^(corpus|vocabulary)_/.test(error.code)) await removeFile(backend.trainer, job, signal);
    throw error;
  }
}

/** The experiment lets go of the file a moment after its training has failed. */
async function removeFile(trainer: ApiClient, job: Job, signal: AbortSignal): Promise<void> {
  const end = performance.now() + LET_GO_MS;
  for (;;) {
    try {
      await trainer.remove(`/v1/files/${job.training_file}`, signal);
      return;
    } catch (error) {
      if (!isCodedError(error, 'conflict') || performance.now() > end) throw error;
      await delay(POLL_MS, undefined, { signal });
    }
  }
}

async function promote({ backend, deployment, signal }: FirstModelOptions, version: string): Promise<void> {
  await backend.generator.json({
    path: `/v1/admin/deployments/${deployment}/promote`,
    body: { version, reason: 'first model, promoted by npm start' },
    signal,
  });
}
