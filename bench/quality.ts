import { architectureOf, countParameters, resolveHyperparameters } from '#language-model';
import { createEvaluator, fit, OnnxRuntimeEngine, preparePretokenizedCorpus } from '#language-model/workbench';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

/** Trains on a public benchmark as its authors tokenised it, and measures the best parameters on its test text. */
export async function benchQuality(options: BenchOptions, report: Report): Promise<void> {
  const { preset, threads, seed } = options;
  if (options.corpus === undefined)
    throw new TypeError('quality needs --corpus FOLDER with train.txt, valid.txt and test.txt.');
  const corpus = await preparePretokenizedCorpus({ folder: options.corpus, maxVocabularySize: options.vocabulary });
  const { vocabularySize } = corpus.tokenizer;
  const hyperparameters = resolveHyperparameters(preset, {
    n_epochs: options.epochs,
    early_stopping_patience: 0,
    ...parseHyperparameters(options.hyperparameters),
  });
  const parameters = countParameters(architectureOf(hyperparameters, vocabularySize));
  report.note(
    `${preset}: ${parameters.toLocaleString('en')} parameters, vocabulary ${vocabularySize}, ${corpus.train.ids.length.toLocaleString('en')} training tokens`,
  );
  const windowsPerEpoch = Math.floor(
    (corpus.train.ids.length - 1) / (hyperparameters.batchSize * hyperparameters.sequenceLength),
  );
  const epoch = new EpochLosses();
  const engine = new OnnxRuntimeEngine(threads);
  const result = await fit(
    {
      hyperparameters,
      vocabularySize,
      seed,
      engine,
      train: corpus.train.ids,
      validation: corpus.validation.ids,
      evaluationInterval: windowsPerEpoch,
      evaluationTokens: Infinity,
    },
    (event) => {
      if (event.type === 'progress') {
        epoch.add(event.step, event.lossNats);
        const { step, totalSteps, tokensPerSecond, lossNats, secondsLeft } = event;
        report.progress(
          `${step}/${totalSteps} steps, ${tokensPerSecond.toFixed(0)} tokens/s, loss ${lossNats.toFixed(3)}, ${secondsLeft.toFixed(0)} s left`,
        );
      } else if (event.type === 'evaluation') {
        report.add({
          bench: 'quality',
          preset,
          epoch: event.epoch,
          ...epoch.end(event.trainingSeconds),
          validPerplexity: event.validation.perplexity,
          validAccuracy: event.validation.top1,
          gapPoints: event.gapPoints,
        });
      }
    },
    {},
  );
  if (result.kind !== 'finished') throw new Error('The run ended before it was finished.');
  const evaluator = await createEvaluator(result.parameters.architecture, result.parameters, engine);
  const test = await evaluator.evaluate(corpus.test.ids);
  await evaluator.dispose();
  report.add({
    bench: 'quality',
    preset,
    final: true,
    testPerplexity: test.perplexity,
    testAccuracy: test.top1,
    parameters,
    trainingSeconds: result.trainingSeconds,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  });
}

function parseHyperparameters(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    throw new TypeError(`--hyperparameters must be a JSON object such as '{"batch_size":20}', not ${json}.`);
  }
}

/** Mean training loss and training time of each epoch, from progress events. */
class EpochLosses {
  private lossSum = 0;
  private steps = 0;
  private lastStep = 0;
  private secondsBefore = 0;

  /** Notes the mean loss of the steps since the last call. */
  add(step: number, meanLoss: number): void {
    this.lossSum += meanLoss * (step - this.lastStep);
    this.steps += step - this.lastStep;
    this.lastStep = step;
  }

  end(trainingSeconds: number): { secondsPerEpoch: number; trainLoss: number } {
    const result = { secondsPerEpoch: trainingSeconds - this.secondsBefore, trainLoss: this.lossSum / this.steps };
    this.secondsBefore = trainingSeconds;
    this.lossSum = this.steps = 0;
    return result;
  }
}
