import { isCodedError } from '#errors';
import { architectureOf, estimateTokensPerSecond, resolveHyperparameters } from '#language-model';
import type { ApiClient } from './api-client.js';
import type { Backend } from './backend.js';
import { measureCorpus, openDocumentationCorpus, type MeasuredCorpus } from './corpus/corpus-source.js';
import { uploadCorpus } from './corpus/upload-corpus.js';
import type { LauncherOptions } from './launcher-options.js';
import type { Terminal } from './terminal.js';
import { followJob } from './training/follow-job.js';
import type { Job } from './training/job.js';
import { createProgressDisplay } from './training/progress-display.js';
import { describeMinutes, formatCount } from './training/progress-text.js';
import { planTraining, type TrainingPlan } from './training/training-plan.js';

/** What decides whether, and on what, a model is trained. */
export interface FirstModelOptions {
  readonly backend: Backend;
  readonly options: LauncherOptions;
  /** The user's texts; null where none were given. */
  readonly corpus: MeasuredCorpus | null;
  readonly deployment: string;
  /** 0 takes every core. */
  readonly trainingThreads: number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

interface List<T> {
  readonly data: readonly T[];
}

/**
 * Makes sure that the deployment serves a model where one is wanted: serves what there is, goes on with a training that
 * was interrupted, or trains and promotes a first one. A corpus that was not trained on yet is trained on anew.
 *
 * @returns the version that serves, or null where there is none and none is to be trained
 */
export async function ensureModel(context: FirstModelOptions): Promise<string | null> {
  const { backend, options, corpus, deployment, terminal } = context;
  const { incumbentVersionId } = await backend.registry.ensureDeployment(deployment);
  if (options.noTrain || (incumbentVersionId !== null && corpus === null)) return incumbentVersionId;

  const earlier = await findEarlierJob(context);
  if (earlier !== null && earlier.status === 'succeeded' && incumbentVersionId !== null) return incumbentVersionId;
  if (earlier !== null && earlier.status !== 'succeeded') terminal.say(`Going on with the training ${earlier.id}.`);
  const job = earlier ?? (await trainOn(context, corpus ?? (await readDocumentation(context))));

  const version = await follow(context, job);
  if (version !== incumbentVersionId) await promote(context, version);
  return version;
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

async function findFile(trainer: ApiClient, corpus: MeasuredCorpus, signal: AbortSignal): Promise<string | null> {
  const { data: files } = await trainer.json<List<{ id: string; filename: string }>>({ path: '/v1/files', signal });
  return files.find((file) => file.filename === corpus.filename)?.id ?? null;
}

async function readDocumentation({ terminal, signal }: FirstModelOptions): Promise<MeasuredCorpus> {
  const source = openDocumentationCorpus('node_modules');
  terminal.say(`Reading ${source.description} ...`);
  return await measureCorpus(source, signal);
}

async function trainOn(context: FirstModelOptions, corpus: MeasuredCorpus): Promise<Job> {
  const { backend, options, signal } = context;
  const plan = planTraining({
    words: corpus.words,
    isDemonstration: corpus.source.isDemonstration,
    tokensPerSecond: await estimateSpeed(context),
    maxTrainTokens: options.maxTrainTokens,
  });
  announce(context, corpus, plan);
  const file =
    (await findFile(backend.trainer, corpus, signal)) ?? (await uploadCorpus(backend.trainer, corpus, signal));
  try {
    return await backend.trainer.json<Job>({
      path: '/v1/fine_tuning/jobs',
      body: {
        model: options.preset,
        training_file: file,
        metadata: { created_by: 'npm start' },
        method: { type: 'supervised', supervised: { hyperparameters: plan.hyperparameters } },
      },
      signal,
    });
  } catch (error) {
    // A refused job leaves nothing behind.
    if (isCodedError(error)) await backend.trainer.remove(`/v1/files/${file}`, signal);
    throw error;
  }
}

async function estimateSpeed({ options, trainingThreads }: FirstModelOptions): Promise<number> {
  const hyperparameters = resolveHyperparameters(options.preset);
  return await estimateTokensPerSecond(architectureOf(hyperparameters, hyperparameters.maxVocabSize), trainingThreads);
}

async function follow({ backend, terminal, signal }: FirstModelOptions, job: Job): Promise<string> {
  try {
    return await followJob(backend.trainer, job.id, createProgressDisplay(terminal.output), signal);
  } catch (error) {
    // A corpus that cannot be trained on is of no use to anyone.
    if (isCodedError(error) && error.code.startsWith('corpus_')) {
      await backend.trainer.remove(`/v1/files/${job.training_file}`, signal);
    }
    throw error;
  }
}

function announce({ options, terminal }: FirstModelOptions, corpus: MeasuredCorpus, plan: TrainingPlan): void {
  terminal.say(
    `Training "${options.preset}" on ${corpus.source.description}: ${formatCount(corpus.documents)} documents, ${formatCount(corpus.words)} words.`,
  );
  const passes = plan.hyperparameters.n_epochs === 1 ? 'one pass' : `${plan.hyperparameters.n_epochs} passes`;
  terminal.say(
    plan.isLimited
      ? `At most ${formatCount(plan.tokens)} tokens are trained on; --max-train-tokens N sets another limit, 0 lifts it.`
      : `That is about ${formatCount(plan.tokens)} tokens in ${passes}.`,
  );
  terminal.say(`On this machine that takes ${describeMinutes(plan.estimatedSeconds)}.`);
  if (corpus.source.isDemonstration)
    terminal.say(
      'It is only there to show something. For your own texts: npm start -- --corpus FOLDER (.txt and .md files).',
    );
}

async function promote({ backend, deployment, signal }: FirstModelOptions, version: string): Promise<void> {
  await backend.generator.json({
    path: `/v1/admin/deployments/${deployment}/promote`,
    body: { version, reason: 'first model, promoted by npm start' },
    signal,
  });
}
