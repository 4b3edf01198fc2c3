import type { ErrorCode } from '#errors';
import type { CorpusInspection } from '#language-model/corpus';
import type { CorpusFormat } from './corpus-format.js';

/** What a process that looks at a file is told to do. */
export interface InspectionOrder {
  readonly artifactDir: string;
  /** Its own, empty; removed by the parent. */
  readonly workFolder: string;
  readonly corpus: { readonly filename: string; readonly format: CorpusFormat; readonly sha256: string };
}

/** What it answers, once. */
export type InspectionAnswer =
  | { readonly kind: 'inspected'; readonly inspection: CorpusInspection }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
