import { isCodedError } from '#errors';
import { architectureOf, estimateTokensPerSecond, resolveHyperparameters } from '#language-model';
import type { MeasuredCorpus } from './corpus/corpus-source.js';
import { findFile } from './corpus/find-file.js';
import { uploadCorpus } from './corpus/upload-corpus.js';
import type { FirstModelOptions } from './first-model-options.js';
import type { Job } from './training/job.js';
import { describeMinutes, formatCount } from './training/progress-text.js';
import { planTraining, type TrainingPlan } from './training/training-plan.js';
import type { Experiment } from './upgrade/experiment.js';

/** What was begun: a training alone, or one with a larger model to follow. */
export type Begun =
  { readonly kind: 'job'; readonly job: Job } | { readonly kind: 'experiment'; readonly experiment: Experiment };

/** The model that an experiment compares the first one with. */
const LARGER_PRESET = 'medium';

/** Plans the training of a corpus, tells it, uploads the corpus and begins. */
export async function startTraining(context: FirstModelOptions, corpus: MeasuredCorpus): Promise<Begun> {
  const { backend, options, signal } = context;
  const isExperiment = options.experiment && options.preset !== LARGER_PRESET;
  const plan = planTraining({
    words: corpus.words,
    isDemonstration: corpus.source.isDemonstration,
    isExperiment,
    tokensPerSecond: await estimateSpeed(context, options.preset),
    maxTrainTokens: options.maxTrainTokens,
  });
  announce(context, corpus, plan);
  if (isExperiment) await announceExperiment(context, plan);
  const file =
    (await findFile(backend.trainer, corpus, signal)) ?? (await uploadCorpus(backend.trainer, corpus, signal));
  try {
    return isExperiment ? await beginExperiment(context, file, plan) : await beginJob(context, file, plan);
  } catch (error) {
    // What was refused leaves nothing behind.
    if (isCodedError(error)) await backend.trainer.remove(`/v1/files/${file}`, signal);
    throw error;
  }
}

async function beginExperiment(
  { backend, options, signal }: FirstModelOptions,
  file: string,
  { hyperparameters }: TrainingPlan,
): Promise<Begun> {
  const body = {
    training_file: file,
    from: options.preset,
    to: LARGER_PRESET,
    release: true,
    metadata: { created_by: 'npm start' },
    hyperparameters,
  };
  const path = '/v1/upgrade-experiments';
  return { kind: 'experiment', experiment: await backend.trainer.json<Experiment>({ path, body, signal }) };
}

async function beginJob(
  { backend, options, signal }: FirstModelOptions,
  file: string,
  { hyperparameters }: TrainingPlan,
): Promise<Begun> {
  const body = {
    model: options.preset,
    training_file: file,
    metadata: { created_by: 'npm start' },
    method: { type: 'supervised', supervised: { hyperparameters } },
  };
  return { kind: 'job', job: await backend.trainer.json<Job>({ path: '/v1/fine_tuning/jobs', body, signal }) };
}

async function estimateSpeed({ trainingThreads }: FirstModelOptions, preset: string): Promise<number> {
  const hyperparameters = resolveHyperparameters(preset);
  return await estimateTokensPerSecond(architectureOf(hyperparameters, hyperparameters.maxVocabSize), trainingThreads);
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

async function announceExperiment(context: FirstModelOptions, plan: TrainingPlan): Promise<void> {
  const seconds = plan.tokens / (await estimateSpeed(context, LARGER_PRESET));
  context.terminal.say(
    `It serves from then on, while "${LARGER_PRESET}" is trained, ${describeMinutes(seconds)}, to find out whether that is worth it; --no-experiment leaves that away.`,
  );
}
