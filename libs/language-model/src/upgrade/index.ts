// The upgrade rules' own door, `#language-model/upgrade`: who trains or serves needs none of it.
export { adviseUpgrade } from './advise-upgrade.js';
export { compareModels } from './compare-models.js';
export { planTraining } from './plan-training.js';
export { renderUpgradeReport } from './render-upgrade-report.js';
export type {
  CompareModelsInput,
  ComparisonObserver,
  ComparisonProgress,
  ModelComparison,
  ModelRole,
} from './model-comparison.js';
export type {
  CurvePoint,
  PresetEvidence,
  RuleSet,
  RunEvidence,
  StepPoint,
  UpgradeAdvice,
  UpgradeEvidence,
  UpgradeReport,
  UpgradeVerdict,
} from './upgrade-report.js';
