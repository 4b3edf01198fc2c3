export { DEPLOYMENTS_CHANNEL, RUNS_CHANNEL } from './channels.js';
export type {
  ApiKey,
  ApiScope,
  Checkpoint,
  Corpus,
  Deployment,
  JsonObject,
  ModelVersion,
  Page,
  PageRequest,
  RunEvent,
  ServableModel,
  TrainingRun,
} from './records.js';
export { Registry } from './registry.js';
export { renderStateMachines } from './state-machine-document.js';
export { MODEL_VERSION_TRANSITIONS, TRAINING_RUN_TRANSITIONS, type ModelVersionState } from './transitions.js';
export type { UpgradeExperiment } from './upgrade-experiments/upgrade-experiment.js';
