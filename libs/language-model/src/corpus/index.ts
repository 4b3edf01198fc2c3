export type { CorpusFinding, CorpusReport, FindingCode, PartReport } from './corpus-report.js';
export {
  type CorpusDocument,
  type CorpusPart,
  type CorpusProgress,
  prepareCorpus,
  type PrepareCorpusOptions,
  type PreparedCorpus,
} from './prepare-corpus.js';
export { preparePretokenizedCorpus, type PreparePretokenizedCorpusOptions } from './prepare-pretokenized-corpus.js';
