import { CodedError } from '#errors';
import { readBundle, type Bundle } from '../bundle/read-bundle.js';
import type { PreparedCorpus } from '../corpus/index.js';
import { CompletionEngine } from '../decoding/completion-engine.js';
import { PLAIN_REQUEST, PLAIN_SAMPLING } from '../decoding/plain-request.js';
import { TextEvaluator, type Evaluation } from '../evaluation/text-evaluator.js';
import { PARAGRAPH_TOKEN, type Tokenizer } from '../tokenizer/index.js';
import { readTrainingCorpus } from '../training/training-corpus.js';
import { comparisonText, predictedTokens, samplePrompts, unitsOf, type ComparisonText } from './held-out-text.js';
import type {
  BaselineResult,
  ComparedModel,
  CompareModelsInput,
  ComparisonObserver,
  ComparisonProgress,
  ModelComparison,
  ModelRole,
  PairedResult,
  SampleComparison,
} from './model-comparison.js';
import { bootstrapMean } from './paired-bootstrap.js';
import { scoreWithTrigrams } from './trigram-baseline.js';
import { TrigramCounts } from './trigram-counts.js';

const HELD_OUT_TOKENS = 400_000;
const RESAMPLES = 10_000;
const CONFIDENCE = 0.95;
const PROMPTS = { count: 3, promptTokens: 16, originalTokens: 40 };
const SAMPLING = { ...PLAIN_SAMPLING, temperature: 0.8, topP: 0.95 };
/** Tokens between two reports of how far scoring has come. */
const REPORT_EVERY = 1_000;
/** Ranks from this on are all the same. */
const LAST_RANK = 255;
/** Where in the whole comparison each phase begins, by how long they take with three models on a large corpus. */
const BEGINS: Readonly<Record<ComparisonProgress['phase'], number>> = {
  reading: 0,
  baseline: 0.15,
  scoring: 0.35,
  resampling: 0.9,
  sampling: 0.95,
};

/** One model of the comparison, its losses and ranks by predicted token. */
interface Scored {
  readonly role: ModelRole;
  readonly folder: string;
  readonly bundle: Bundle;
  readonly losses: Float32Array;
  readonly ranks: Uint8Array;
  readonly tokensPerSecond: number;
}

/**
 * Measures models and an interpolated trigram model on the same held-out text, by the runtime that serves: whole documents that none
 * of them was trained on. Differences are taken token by token, their intervals by drawing documents. The same input gives the same
 * numbers, speeds apart.
 * @throws corpus_mismatch when the models were not trained on this text with one split and one tokenizer, corpus_too_small,
 *   bundle_missing, bundle_corrupt, cancelled, and what reading a corpus throws
 */
export async function compareModels(
  input: CompareModelsInput,
  observer: ComparisonObserver,
  signal: AbortSignal,
): Promise<ModelComparison> {
  try {
    return await compare(input, observer, signal);
  } catch (error) {
    if (signal.aborted) throw new CodedError('cancelled', 'The comparison was cancelled.', { cause: error });
    throw error;
  }
}

async function compare(
  input: CompareModelsInput,
  observer: ComparisonObserver,
  signal: AbortSignal,
): Promise<ModelComparison> {
  const startedAt = performance.now();
  const { seed, threads } = input;
  const tell = (phase: ComparisonProgress['phase'], message: string, fraction = BEGINS[phase]): void => {
    signal.throwIfAborted();
    observer({ phase, message, fraction });
  };
  const roles = (['from', 'to', 'fallback'] as const).flatMap((role) => {
    const folder = input.bundles[role];
    return folder === undefined ? [] : [{ role, folder }];
  });
  const bundles = await Promise.all(roles.map(async (one) => ({ ...one, bundle: await readBundle(one.folder) })));
  tell('reading', 'reading the corpus');
  const corpus = await corpusOf(
    input,
    bundles.map(({ bundle }) => bundle),
    signal,
  );
  const text = comparisonText(corpus, input.heldOutTokens ?? HELD_OUT_TOKENS);
  tell('baseline', `counting trigrams of ${corpus.train.ids.length.toLocaleString('en')} tokens`);
  const baseline = await measureBaseline(corpus, text, signal);
  const scored: Scored[] = [];
  for (const [index, one] of bundles.entries()) {
    const message = `${one.bundle.config.preset} reads ${text.tokens.toLocaleString('en')} held-out tokens`;
    const progress = (share: number): void => {
      const done = (index + share) / bundles.length;
      tell('scoring', message, BEGINS.scoring + (BEGINS.resampling - BEGINS.scoring) * done);
    };
    progress(0);
    scored.push({ ...one, ...(await score(one.bundle, text, threads, progress, signal)) });
  }
  tell('resampling', `drawing documents ${RESAMPLES.toLocaleString('en')} times`);
  const pairs = scored.slice(1).map((model) => pair(text, scored[0]!, model, seed));
  tell('sampling', 'writing sample texts');
  const samples = await writeSamples(corpus[text.part], scored, seed, threads);
  signal.throwIfAborted();
  return {
    heldOut: { part: text.part, documents: text.starts.length, tokens: text.tokens },
    corpus: corpus.report,
    dataSha256: corpus.dataSha256,
    seed,
    baseline,
    models: scored.map((model) => comparedModel(text, model)),
    pairs,
    samples,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** Reads the text with the settings and the split of the training, and makes sure that it is the same. */
async function corpusOf(
  { paths, validationPaths }: CompareModelsInput,
  bundles: readonly Bundle[],
  signal: AbortSignal,
): Promise<PreparedCorpus> {
  const { config, tokenizer } = bundles[0]!;
  const stranger = bundles.find(
    (bundle) =>
      bundle.config.dataSha256 !== config.dataSha256 || JSON.stringify(bundle.tokenizer) !== JSON.stringify(tokenizer),
  );
  if (stranger !== undefined) {
    throw mismatch(`${stranger.config.preset} was trained on another text, split or vocabulary than ${config.preset}`);
  }
  if (config.dataSha256 === null)
    throw mismatch(`${config.preset} was imported, and what it was trained on is not known`);
  const input = { paths, validationPaths, seed: config.seed };
  const read = (known?: Tokenizer): Promise<PreparedCorpus> =>
    readTrainingCorpus(input, config.hyperparameters, known, () => undefined, signal);
  const corpus = await read();
  if (corpus.dataSha256 === config.dataSha256) return corpus;
  // A model that went on from another kept the vocabulary of that one.
  const continued = await read(tokenizer);
  if (continued.dataSha256 === config.dataSha256) return continued;
  throw mismatch(
    `this text, with seed ${config.seed}, has the sha256 ${corpus.dataSha256.slice(0, 12)} and that of the training has ${config.dataSha256.slice(0, 12)}`,
  );
}

function mismatch(what: string): CodedError {
  return new CodedError(
    'corpus_mismatch',
    `The models cannot be compared: ${what}; held-out text could be text that one was trained on. Compare models of the same training file, seed and split.`,
  );
}

async function measureBaseline(
  corpus: PreparedCorpus,
  text: ComparisonText,
  signal: AbortSignal,
): Promise<BaselineResult> {
  const counts = await TrigramCounts.count(corpus.train.ids, corpus.tokenizer.vocabularySize, signal);
  const { losses, hits } = await scoreWithTrigrams(counts, text.ids, signal);
  let [loss, hit] = [0, 0];
  for (const index of predictedTokens(text)) {
    loss += losses[index]!;
    hit += hits[index]!;
  }
  const { tokens } = text;
  const lossNats = loss / tokens;
  return {
    evaluation: { tokens, lossNats, perplexity: Math.exp(lossNats), top1: hit / tokens },
    trainingTokens: corpus.train.ids.length,
    distinctTrigrams: counts.distinctTrigrams,
  };
}

async function score(
  bundle: Bundle,
  { ids }: ComparisonText,
  threads: number,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Pick<Scored, 'losses' | 'ranks' | 'tokensPerSecond'>> {
  const [losses, ranks] = [new Float32Array(ids.length - 1), new Uint8Array(ids.length - 1)];
  const evaluator = new TextEvaluator(await bundle.session('score.onnx', threads), bundle.architecture);
  try {
    const startedAt = performance.now();
    let read = 0;
    await evaluator.evaluate(ids, signal, (index, lossNats, rank) => {
      if (++read % REPORT_EVERY === 0) onProgress(read / ids.length);
      losses[index] = lossNats;
      ranks[index] = Math.min(rank, LAST_RANK);
    });
    return { losses, ranks, tokensPerSecond: ids.length / ((performance.now() - startedAt) / 1000) };
  } finally {
    await evaluator.dispose();
  }
}

function comparedModel(text: ComparisonText, { role, bundle, losses, ranks, tokensPerSecond }: Scored): ComparedModel {
  let [loss, first, fifth] = [0, 0, 0];
  for (const index of predictedTokens(text)) {
    loss += losses[index]!;
    if (ranks[index]! < 1) first++;
    if (ranks[index]! < 5) fifth++;
  }
  const { tokens } = text;
  const lossNats = loss / tokens;
  const evaluation: Evaluation = {
    tokens,
    lossNats,
    perplexity: Math.exp(lossNats),
    top1: first / tokens,
    top5: fifth / tokens,
  };
  return { role, preset: bundle.config.preset, parameters: bundle.config.parameters, evaluation, tokensPerSecond };
}

function pair(text: ComparisonText, from: Scored, model: Scored, seed: number): PairedResult {
  const options = { seed, resamples: RESAMPLES, confidence: CONFIDENCE };
  const isHit = ({ ranks }: Scored, index: number): number => (ranks[index]! < 1 ? 1 : 0);
  const nats = unitsOf(text, (index) => from.losses[index]! - model.losses[index]!);
  const points = unitsOf(text, (index) => 100 * (isHit(model, index) - isHit(from, index)));
  let wins = 0;
  for (const index of predictedTokens(text)) if (model.losses[index]! < from.losses[index]!) wins++;
  return {
    role: model.role === 'fallback' ? 'fallback' : 'to',
    gainNats: bootstrapMean(nats.units, options),
    gainPoints: bootstrapMean(points.units, options),
    wins: wins / text.tokens,
    confidence: CONFIDENCE,
    resamples: RESAMPLES,
    unit: nats.unit,
    units: nats.units.length,
  };
}

/** The beginning of a text, and beginnings from held-out documents, continued by each model with the same random numbers. */
async function writeSamples(
  part: PreparedCorpus['test'],
  models: readonly Scored[],
  seed: number,
  threads: number,
): Promise<SampleComparison[]> {
  const { tokenizer } = models[0]!.bundle;
  const beginnings = [{ prompt: [], original: [] }, ...samplePrompts(part, tokenizer.idOf(PARAGRAPH_TOKEN), PROMPTS)];
  const texts: { role: ModelRole; text: string }[][] = beginnings.map(() => []);
  for (const { role, folder } of models) {
    const engine = await CompletionEngine.open(folder, {
      threads,
      maxBatchSize: beginnings.length,
      maxQueued: beginnings.length,
    });
    try {
      const request = { ...PLAIN_REQUEST, sampling: SAMPLING, maxTokens: PROMPTS.originalTokens };
      const completions = await Promise.all(
        beginnings.map(({ prompt }, index) => engine.complete({ ...request, prompt, seed: BigInt(seed + index) })),
      );
      completions.forEach(({ choices }, index) => texts[index]!.push({ role, text: choices[0]!.text.trim() }));
    } finally {
      await engine.close();
    }
  }
  return beginnings.map(({ prompt, original }, index) => ({
    prompt: tokenizer.decode(prompt).trim(),
    original: tokenizer.decode(original).trim(),
    texts: texts[index]!,
  }));
}
