// Parts of the library one by one: for bench/, for what chooses and implements engines, for import and export. Else: index.ts.
export { preparePretokenizedCorpus } from './corpus/index.js';
export { exportBundle } from './bundle/export-bundle.js';
export { exportLayersModel } from './layers-model/export-layers-model.js';
export { importLayersModel, type LayersModelSource } from './layers-model/import-layers-model.js';
export { readBundle } from './bundle/read-bundle.js';
export { parameterSpecs, type Architecture } from './model/architecture.js';
export { stateNames } from './model/forward.js';
export { initializeParameters, Parameters } from './model/parameters.js';
export { operationsPerToken } from './training/estimate-speed.js';
export { createEvaluator, fit } from './training/fit.js';
export { OnnxRuntimeEngine, type ModelProgram, type TrainingEngine } from './training/training-engine.js';
export { gradientName, maskName } from './training/training-graph.js';
export { TrainingStep } from './training/training-step.js';
export { WindowReader } from './training/window-reader.js';
export { DecodeLoop } from './sampling/decode-loop.js';
export { DecodeSession } from './sampling/decode-session.js';
export { TokenSampler, type SamplingParameters } from './sampling/sample-token.js';
export { Tokenizer } from './tokenizer/index.js';
