import { OnnxRuntimeEngine, type TrainingEngine } from '#language-model/workbench';
import { DEVICE_ADVICE, probeDevice, type Device } from '#tensor-graph';
import { TENSORFLOW_PACKAGES, TensorFlowEngine, probeTensorFlow } from '#tensorflow-engine';

/** An engine and a device, as the command line names them. */
export interface EngineName {
  readonly engine: string;
  readonly device: string;
}

/**
 * Opens an engine on exactly the device that is named, after trying it in a process of its own.
 * @throws TypeError when there is no such engine or device, or it cannot be used here; the message says what is missing
 */
export async function openEngine({ engine, device }: EngineName, threads: number): Promise<TrainingEngine> {
  if (!isDevice(device))
    throw new TypeError(`--device must be ${Object.keys(DEVICE_ADVICE).join(', ')}, not "${device}".`);
  if (engine === 'onnxruntime') return openOnnxRuntime(device, threads);
  if (engine === 'tensorflow') return openTensorFlow(device);
  throw new TypeError(`--engine must be onnxruntime or tensorflow, not "${engine}".`);
}

function isDevice(name: string): name is Device {
  return Object.hasOwn(DEVICE_ADVICE, name);
}

async function openOnnxRuntime(device: Device, threads: number): Promise<TrainingEngine> {
  if (device !== 'cpu') {
    const { usable, reason } = await probeDevice(device);
    if (!usable)
      throw new TypeError(`ONNX Runtime cannot compute on ${device} here: ${reason}. ${DEVICE_ADVICE[device]}`);
  }
  return new OnnxRuntimeEngine(threads, device);
}

async function openTensorFlow(device: Device): Promise<TrainingEngine> {
  const probes = await Promise.all(TENSORFLOW_PACKAGES.map(probeTensorFlow));
  const found = probes.find((probe) => probe.device === device);
  if (found) return TensorFlowEngine.load(found.package);
  const reasons = probes.map(
    (probe) => `${probe.package}: ${probe.usable ? `computes on ${probe.device}` : probe.reason}`,
  );
  throw new TypeError(`TensorFlow.js cannot compute on ${device} here: ${reasons.join('; ')}.`);
}
