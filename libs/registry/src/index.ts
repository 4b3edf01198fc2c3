export { DEPLOYMENTS_CHANNEL, RUNS_CHANNEL } from './channels.js';
export type { NewTrainingRun, RunOutcome } from './inputs.js';
export type {
  ApiScope,
  Corpus,
  Deployment,
  JsonObject,
  ModelVersion,
  Page,
  PageRequest,
  RunEvent,
  TrainingRun,
} from './records.js';
export { Registry } from './registry.js';
export { MODEL_VERSION_TRANSITIONS, TRAINING_RUN_TRANSITIONS } from './transitions.js';
