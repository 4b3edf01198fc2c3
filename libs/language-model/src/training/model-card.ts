import type { CorpusReport } from '../corpus/index.js';
import type { Evaluation } from '../evaluation/text-evaluator.js';
import type { Hyperparameters } from '../model/presets.js';

/** What `card.md` says about a model. */
export interface ModelCardFacts {
  readonly preset: string;
  readonly parameters: number;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly dataSha256: string;
  readonly corpus: CorpusReport;
  readonly trainedTokens: number;
  /** What trained it, and where. */
  readonly engine: string;
  readonly device: string;
  readonly train: Evaluation;
  readonly validation: Evaluation;
  readonly test: Evaluation | null;
  readonly gapPoints: number;
  readonly sample: string;
}

function row(name: string, evaluation: Evaluation): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const { lossNats, perplexity, top1, top5, tokens } = evaluation;
  return `| ${name} | ${lossNats.toFixed(3)} | ${perplexity.toFixed(1)} | ${percent(top1)} | ${percent(top5)} | ${tokens.toLocaleString('en')} |`;
}

/** The model card in Markdown: data, numbers, a sample text. */
export function writeModelCard(facts: ModelCardFacts): string {
  const { corpus, hyperparameters: h } = facts;
  return `# ${facts.preset}: ${(facts.parameters / 1e6).toFixed(1)}M parameters

${facts.parameters.toLocaleString('en')} parameters: ${corpus.vocabularySize.toLocaleString('en')} tokens, embedding ${h.embeddingDim}, ${h.numLayers} LSTM layers of ${h.lstmUnits} units, Layer Normalization, dropout ${h.dropoutRate}. Seed ${facts.seed}. Trained by ${facts.engine} on ${facts.device}.

## Data

${corpus.documents} documents, ${corpus.train.tokens.toLocaleString('en')} training tokens (${(100 * corpus.train.coverage).toFixed(1)}% in the vocabulary), tokenisation \`${h.tokenization}\`; sha256 \`${facts.dataSha256}\`. Trained on ${facts.trainedTokens.toLocaleString('en')} tokens, all passes together; ${(facts.corpus.train.tokens / facts.parameters).toFixed(2)} training tokens per parameter (5 to 10 is the target).

## Numbers

Unknown words count as a class of their own. Training and validation text are equally long and measured the same way, without dropout.

| text | loss, nats | perplexity | top-1 | top-5 | tokens |
|---|---|---|---|---|---|
${[row('training', facts.train), row('validation', facts.validation), ...(facts.test ? [row('test', facts.test)] : [])].join('\n')}

Gap between training and validation accuracy: ${facts.gapPoints.toFixed(1)} points.

## Sample

${facts.sample
  .split('\n')
  .map((line) => `> ${line}`)
  .join('\n')}
`;
}
