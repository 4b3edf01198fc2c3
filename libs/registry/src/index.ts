export { Registry } from './registry.js';
export {
  TRAINING_RUN_TRANSITIONS,
  MODEL_VERSION_TRANSITIONS,
  type ModelVersionState,
  type TrainingRunState,
} from './transitions.js';
export type {
  ApiKey,
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
export type { NewTrainingRun, RunOutcome } from './inputs.js';
