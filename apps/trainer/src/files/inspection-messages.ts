import type { ArtifactSettings } from '#artifacts';
import type { ErrorCode } from '#errors';
import type { CorpusInspection } from '#language-model/corpus';
import type { CorpusFile } from '../training/child-messages.js';

/** What a process that looks at a file is told to do. */
export interface InspectionOrder {
  readonly artifacts: ArtifactSettings;
  /** Its own, empty; removed by the parent. */
  readonly workFolder: string;
  readonly corpus: CorpusFile;
}

/** What it answers, once. */
export type InspectionAnswer =
  | { readonly kind: 'inspected'; readonly inspection: CorpusInspection }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
