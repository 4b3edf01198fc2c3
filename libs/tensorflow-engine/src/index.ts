export { TensorFlowEngine } from './tensorflow-engine.js';
export { TENSORFLOW_PACKAGES, type TensorFlowPackage } from './tensorflow-packages.js';
export { probeTensorFlow, type TensorFlowProbe } from './tensorflow-probe.js';
