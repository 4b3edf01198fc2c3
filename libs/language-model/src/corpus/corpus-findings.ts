import type { CorpusFinding, CorpusReport } from './corpus-report.js';

const LARGE_DIFFERENCE = 2; // times the share that was asked for, or a half of it
const LOW_COVERAGE = 0.85;

/** What the findings are judged by, besides the report. */
export interface CorpusFacts {
  /** 0 when the validation text is one of its own. */
  validationFraction: number;
  testFraction: number;
  /** Held-out text is part of a document that is trained on. */
  sharesDocument: boolean;
  /** Words dropped from a full dictionary. */
  forgottenWords: number;
}

/** Adds to the report what is noticed about the corpus as a whole. */
export function addCorpusFindings(report: CorpusReport, facts: CorpusFacts): void {
  const add = (code: CorpusFinding['code'], message: string): void => {
    report.findings.push({ document: null, code, message });
  };
  if (facts.sharesDocument) {
    const count =
      report.documents === 1 ? 'There is only one document' : `There are only ${report.documents} documents`;
    add(
      'held_out_shares_document',
      `${count}, so the held-out text is the end of a document that is also trained on: its figures are too good. Three documents are needed to hold out whole ones.`,
    );
  }
  const { train, validation, test } = report;
  // A validation text of its own is no share of what was divided.
  const tokens = train.tokens + test.tokens + (facts.validationFraction > 0 ? validation.tokens : 0);
  const asked = [
    { name: 'validation', share: validation.tokens / tokens, fraction: facts.validationFraction },
    { name: 'test', share: test.tokens / tokens, fraction: facts.testFraction },
  ];
  for (const { name, share, fraction } of asked) {
    if (fraction === 0 || (share <= fraction * LARGE_DIFFERENCE && share >= fraction / LARGE_DIFFERENCE)) continue;
    add(
      'held_out_share_differs',
      `The ${name} part is ${percent(share)} of the tokens, not ${percent(fraction)}: documents are held out whole. More or shorter documents come closer.`,
    );
  }
  if (facts.forgottenWords > 0) {
    add(
      'dictionary_full',
      `There are more distinct words than the dictionary holds; ${facts.forgottenWords} rare ones were forgotten while reading and count as unknown. Is all of this text?`,
    );
  }
  if (train.coverage < LOW_COVERAGE) {
    add(
      'low_coverage',
      `Only ${percent(train.coverage)} of the training tokens are in the vocabulary of ${report.vocabularySize}; the others are unknown. More text or a larger vocabulary helps.`,
    );
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
