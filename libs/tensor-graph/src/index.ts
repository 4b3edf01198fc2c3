export { Graph, type Tensor } from './graph.js';
export type { ElementType, ExternalData } from './onnx-encoding.js';
export type { Dimension, Shape } from './dimension.js';
export { gradients } from './gradients.js';
export { DEVICE_ADVICE, probeDevice, type DeviceProbe } from './device-probe.js';
export * as op from './operators/index.js';
export { ZERO_CODE } from './operators/quantization.js';
export {
  GraphSession,
  ONNX_RUNTIME_VERSION,
  float32Tensor,
  int64Tensor,
  type Device,
  type HostTensor,
  type SessionOptions,
} from './session.js';
