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
