// Also a door of its own, `#language-model/corpus`: who only looks at texts needs no runtime.
export { inspectCorpus, type CorpusInspection } from './inspect-corpus.js';
export type { CorpusFinding, CorpusReport, FindingCode, PartReport } from './corpus-report.js';
export {
  type CorpusDocument,
  type CorpusPart,
  prepareCorpus,
  type PrepareCorpusOptions,
  type PreparedCorpus,
} from './prepare-corpus.js';
export type { CorpusProgress } from './read-documents.js';
export { preparePretokenizedCorpus, type PreparePretokenizedCorpusOptions } from './prepare-pretokenized-corpus.js';
