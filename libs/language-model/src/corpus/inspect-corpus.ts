import { architectureOf, countParameters } from '../model/architecture.js';
import { PRESETS, resolveHyperparameters } from '../model/presets.js';
import { dataRatio, TARGET_RATIO, tokensMissing } from '../upgrade/data-ratio.js';
import type { CorpusFinding, CorpusReport } from './corpus-report.js';
import { prepareCorpus } from './prepare-corpus.js';

/** How much text a corpus has for a preset. */
export interface PresetRatio {
  preset: string;
  /** With the vocabulary of this corpus. */
  parameters: number;
  /** Training sequences (one for each training token) for each parameter. */
  ratio: number;
  /** `below_target` warns: the model may learn the text by heart. */
  verdict: 'below_target' | 'target' | 'above_target';
  /** Training tokens that are missing to 5 for each parameter; 0 when there are enough. */
  tokensMissing: number;
}

/** What is known of a corpus before anything is trained on it, with the default settings. JSON. */
export interface CorpusInspection {
  tokenization: 'text' | 'words';
  /** Decides the split, as a job's seed does. */
  seed: number;
  /** With the first findings only. */
  corpus: CorpusReport;
  /** How many findings of each kind there are. */
  findingCounts: Partial<Record<CorpusFinding['code'], number>>;
  presets: PresetRatio[];
  /** The most important of it in a line. */
  summary: string;
}

export interface InspectCorpusOptions {
  /** Folders and files with .txt and .md documents. */
  paths: readonly string[];
  signal?: AbortSignal | undefined;
}

const SEED = 1;
const MOST_FINDINGS = 200;
const UPPER_RATIO = 10; // 5 to 10 is the target

/**
 * Reads a corpus as a job with default settings would and says what became of it: parts, coverage, findings, and whether it is enough for each preset.
 * @throws corpus_unreadable, corpus_empty, corpus_not_text, vocabulary_too_small, cancelled
 */
export async function inspectCorpus({ paths, signal }: InspectCorpusOptions): Promise<CorpusInspection> {
  const tokenization = 'text';
  const { report } = await prepareCorpus({ paths, tokenization, seed: SEED, minimumTokens: 1, signal });
  const presets = Object.keys(PRESETS).map((preset) => ratioOf(preset, report));
  const findingCounts: CorpusInspection['findingCounts'] = {};
  for (const { code } of report.findings) findingCounts[code] = (findingCounts[code] ?? 0) + 1;
  const corpus = { ...report, findings: report.findings.slice(0, MOST_FINDINGS) };
  return { tokenization, seed: SEED, corpus, findingCounts, presets, summary: summaryOf(report, presets) };
}

function ratioOf(preset: string, { train, vocabularySize }: CorpusReport): PresetRatio {
  const parameters = countParameters(architectureOf(resolveHyperparameters(preset, {}), vocabularySize));
  const ratio = dataRatio(train.tokens, parameters);
  const verdict = ratio < TARGET_RATIO ? 'below_target' : ratio <= UPPER_RATIO ? 'target' : 'above_target';
  return { preset, parameters, ratio, verdict, tokensMissing: tokensMissing(train.tokens, parameters) };
}

function summaryOf({ documents, train, validation }: CorpusReport, presets: readonly PresetRatio[]): string {
  const ratios = presets.map(({ preset, ratio, tokensMissing: missing }) => {
    const more = missing === 0 ? 'enough' : `${count(missing)} more would make it ${TARGET_RATIO}`;
    return `${preset} ${ratio.toFixed(ratio < 1 ? 2 : 1)} (${more})`;
  });
  return `${count(documents)} documents, ${count(train.tokens)} training tokens, coverage ${(100 * validation.coverage).toFixed(1)}%; tokens per parameter: ${ratios.join(', ')}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
