import { architectureOf, countParameters, resolveHyperparameters } from '#language-model';
import { createEvaluator, fit, preparePretokenizedCorpus } from '#language-model/workbench';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

/** Trains on a public benchmark as its authors tokenised it, and measures the best parameters on its test text. */
export async function benchQuality(options: BenchOptions, report: Report): Promise<void> {
  const { preset, threads } = options;
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
  let epochStart = performance.now();
  let lossSum = 0;
  let steps = 0;
  let lastStep = 0;
  let reported = 0;
  const result = await fit(
    { hyperparameters, vocabularySize, seed: 1, threads, train: corpus.train.ids, validation: corpus.validation.ids },
    (event) => {
      if (event.type === 'progress') {
        lossSum += event.lossNats * (event.step - lastStep);
        steps += event.step - lastStep;
        lastStep = event.step;
        process.stderr.write(
          `\r${event.step}/${event.totalSteps} steps, ${event.tokensPerSecond.toFixed(0)} tokens/s, loss ${event.lossNats.toFixed(3)}, ${event.secondsLeft.toFixed(0)} s left   `,
        );
      } else if (event.type === 'evaluation') {
        const epoch = Math.floor(
          event.step /
            Math.floor((corpus.train.ids.length - 1) / (hyperparameters.batchSize * hyperparameters.sequenceLength)),
        );
        if (epoch === reported) return;
        reported = epoch;
        process.stderr.write('\r');
        const now = performance.now();
        report.add({
          bench: 'quality',
          preset,
          epoch,
          secondsPerEpoch: (now - epochStart) / 1000,
          trainLoss: lossSum / steps,
          validPerplexity: event.validation.perplexity,
          validAccuracy: event.validation.top1,
        });
        epochStart = now;
        lossSum = steps = 0;
      }
    },
    new AbortController().signal,
  );
  const evaluator = await createEvaluator(result.parameters.architecture, result.parameters, threads);
  const test = await evaluator.evaluate(corpus.test.ids);
  await evaluator.dispose();
  report.add({
    bench: 'quality',
    preset,
    final: true,
    testPerplexity: test.perplexity,
    testAccuracy: test.top1,
    parameters,
  });
}

function parseHyperparameters(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    throw new TypeError(`--hyperparameters must be a JSON object such as '{"batch_size":20}', not ${json}.`);
  }
}
