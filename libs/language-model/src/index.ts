export { CompletionEngine } from './decoding/completion-engine.js';
export { DecodeThreads } from './decoding/decode-threads.js';
export { type ChoiceDelta, type CompletionRequest, type CompletionResult } from './decoding/completion-request.js';
export {
  trainModel,
  type RunMetrics,
  type TrainModelInput,
  type TrainModelOutcome,
  type TrainModelResult,
} from './training/train-model.js';
export { type TrainingEvent } from './training/training-event.js';
export {
  HYPERPARAMETER_NAMES,
  PRESETS,
  describeHyperparameters,
  resolveHyperparameters,
  type Hyperparameters,
  type Preset,
} from './model/presets.js';
export { architectureOf, countParameters } from './model/architecture.js';
export { estimateTokensPerSecond } from './training/estimate-speed.js';
