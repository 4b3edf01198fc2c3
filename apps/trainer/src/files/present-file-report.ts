import type { CorpusInspection } from '#language-model/corpus';
import type { Corpus, JsonObject } from '#registry';
import type { Plain } from '../plain.js';
import type { FileReport, TextPart, TextReport } from './file-report.dto.js';

/** What is known of a file; `report` as the inspection wrote it. */
export function presentFileReport(
  { id, status, errorCode, errorMessage }: Corpus,
  report: JsonObject | null,
): Plain<FileReport> {
  return {
    object: 'file.report',
    file_id: id,
    status,
    error: errorCode === null ? null : { code: errorCode, message: errorMessage ?? '' },
    report: report === null ? null : presentInspection(report as unknown as CorpusInspection),
  };
}

function presentInspection({ corpus, presets, ...inspection }: CorpusInspection): Plain<TextReport> {
  return {
    summary: inspection.summary,
    tokenization: inspection.tokenization,
    seed: inspection.seed,
    files: corpus.files,
    documents: corpus.documents,
    train: presentPart(corpus.train),
    validation: presentPart(corpus.validation),
    test: presentPart(corpus.test),
    vocabulary_size: corpus.vocabularySize,
    distinct_tokens: corpus.distinctTokens,
    presets: presets.map(({ preset, parameters, ratio, verdict, tokensMissing }) => ({
      preset,
      parameters,
      tokens_per_parameter: ratio,
      verdict,
      tokens_missing: tokensMissing,
    })),
    finding_counts: { ...inspection.findingCounts },
    findings: corpus.findings,
  };
}

function presentPart({
  documents,
  tokens,
  unknownTokens,
  coverage,
}: CorpusInspection['corpus']['train']): Plain<TextPart> {
  return { documents, tokens, unknown_tokens: unknownTokens, coverage };
}
