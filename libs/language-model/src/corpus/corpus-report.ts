/** What was noticed about a document or about the corpus as a whole. */
export type FindingCode =
  | 'boilerplate_removed'
  | 'duplicate_dropped'
  | 'near_duplicates'
  | 'near_duplicates_divided'
  | 'near_duplicate_dropped'
  | 'encoding_converted'
  | 'unlike_language'
  | 'not_text'
  | 'unreadable'
  | 'no_words'
  | 'held_out_shares_document'
  | 'held_out_share_differs'
  | 'dictionary_full'
  | 'low_coverage';

/** One finding, for a person to read. */
export interface CorpusFinding {
  /** Name of the document; null when it is about the whole corpus. */
  document: string | null;
  code: FindingCode;
  message: string;
}

/** Counts of one part of a corpus. */
export interface PartReport {
  documents: number;
  /** Tokens, `<doc>` not counted. */
  tokens: number;
  unknownTokens: number;
  /** Share of the tokens that are in the vocabulary, 0 to 1; 1 for an empty part. */
  coverage: number;
}

/** What became of the files of a corpus. */
export interface CorpusReport {
  /** Files read, those that were dropped included. */
  files: number;
  sizeBytes: number;
  /** Documents used. */
  documents: number;
  train: PartReport;
  validation: PartReport;
  test: PartReport;
  vocabularySize: number;
  /** Distinct words and marks of the training part. */
  distinctTokens: number;
  findings: CorpusFinding[];
}

/** Counts of a part; `tokens` without `<doc>`. */
export function partReport(documents: number, tokens: number, unknownTokens: number): PartReport {
  return { documents, tokens, unknownTokens, coverage: tokens === 0 ? 1 : 1 - unknownTokens / tokens };
}
