import type { Config } from '#config';
import { CodedError } from '#errors';
import { OnnxRuntimeEngine, type TrainingEngine } from '#language-model/workbench';
import { DEVICE_ADVICE, probeDevice, type Device, type DeviceProbe } from '#tensor-graph';
import {
  TENSORFLOW_PACKAGES,
  TensorFlowEngine,
  probeTensorFlow,
  type TensorFlowPackage,
  type TensorFlowProbe,
} from '#tensorflow-engine';

/** What ENGINE and DEVICE ask for. */
export type EngineSettings = Pick<Config, 'engine' | 'device'>;

/** What a run computes with, and why. It is plain data, so that the parent chooses and the child opens. */
export type EngineChoice = { readonly device: Device; readonly reason: string } & (
  { readonly engine: 'onnxruntime' } | { readonly engine: 'tensorflow'; readonly package: TensorFlowPackage }
);

/** What was tried on this machine. */
export interface MachineProbes {
  readonly devices: readonly DeviceProbe[];
  readonly tensorflow: readonly TensorFlowProbe[];
}

const ACCELERATORS = ['cuda', 'webgpu'] as const;
/** A device that copies each step's gradients back must multiply this much faster than the processor to be worth it. */
const WORTH_IT = 2;

/** Tries everything that the settings could lead to; each in a process of its own. Takes a second or two. */
export async function probeMachine({ engine, device }: EngineSettings): Promise<MachineProbes> {
  const wanted = (candidate: Device): boolean => device === 'auto' || device === candidate;
  const [accelerators, tensorflow] = await Promise.all([
    Promise.all(engine === 'tensorflow' ? [] : ACCELERATORS.filter(wanted).map(probeDevice)),
    Promise.all(
      engine === 'onnxruntime' || (engine === 'auto' && device === 'cpu')
        ? []
        : TENSORFLOW_PACKAGES.map(probeTensorFlow),
    ),
  ]);
  // Only a comparison needs the processor's rate, and it is measured alone so that it is true.
  const compared = device === 'auto' && accelerators.some(({ usable }) => usable);
  return { devices: [...accelerators, ...(compared ? [await probeDevice('cpu')] : [])], tensorflow };
}

/**
 * Chooses engine and device: what was asked for, or nothing. `auto` takes ONNX Runtime on the fastest device that is
 * at least twice as fast as the processor, then TensorFlow.js on a GPU, then ONNX Runtime on the processor.
 * @throws device_unavailable when what was asked for cannot be used; the message says why and what to install
 */
export function chooseEngine(settings: EngineSettings, probes: MachineProbes): EngineChoice {
  const choice =
    settings.engine === 'tensorflow' ? chooseTensorFlow(settings, probes) : chooseOnnxRuntime(settings, probes);
  if (choice) return choice;
  const { engine, device } = settings;
  throw new CodedError(
    'device_unavailable',
    `ENGINE=${engine} and DEVICE=${device} cannot be used here: ${refused(settings, probes)
      .map(([name, reason]) => `${name}: ${reason}`)
      .join('; ')}. ${adviceFor(device)}`,
    { param: 'DEVICE' },
  );
}

/** Probes and chooses. @throws device_unavailable */
export async function selectEngine(settings: EngineSettings): Promise<EngineChoice> {
  return chooseEngine(settings, await probeMachine(settings));
}

/**
 * Opens what was chosen, in the process that trains.
 * @param threads 0 = one per core; TensorFlow.js takes every core
 * @throws device_unavailable when a package of TensorFlow.js does not load
 */
export async function openEngine(choice: EngineChoice, threads: number): Promise<TrainingEngine> {
  return choice.engine === 'tensorflow'
    ? TensorFlowEngine.load(choice.package)
    : new OnnxRuntimeEngine(threads, choice.device);
}

/** What to install for a device, for people. */
export function adviceFor(device: EngineSettings['device']): string {
  switch (device) {
    case 'cuda':
      return `${DEVICE_ADVICE.cuda} Or, with CUDA 11 and Node.js 22 or older, "npm install --no-save --ignore-scripts=false @tensorflow/tfjs-node-gpu@4.22.0".`;
    case 'webgpu':
      return `${DEVICE_ADVICE.webgpu} TensorFlow.js has no WebGPU in Node.js.`;
    case 'cpu':
    case 'auto':
      return 'The processor needs nothing but ENGINE=auto and DEVICE=auto.';
  }
}

function chooseOnnxRuntime(settings: EngineSettings, { devices, tensorflow }: MachineProbes): EngineChoice | undefined {
  const { engine, device } = settings;
  const onDevice = (chosen: Device, reason: string): EngineChoice => ({
    engine: 'onnxruntime',
    device: chosen,
    reason,
  });
  if (device === 'cpu') return onDevice('cpu', 'DEVICE=cpu');
  const usable = devices.filter((probe) => probe.usable && probe.device !== 'cpu');
  if (device !== 'auto' && usable[0]) return onDevice(device, `DEVICE=${device}, and it computes`);
  const processor = devices.find((probe) => probe.device === 'cpu')?.gflops ?? 0;
  const fastest = usable.toSorted((a, b) => b.gflops! - a.gflops!)[0];
  if (device === 'auto' && fastest && fastest.gflops! >= WORTH_IT * processor) {
    return onDevice(fastest.device, `${rateOf(fastest)} against the processor's ${processor.toFixed(0)}`);
  }
  const graphics =
    engine === 'auto' && device !== 'webgpu' ? tensorflow.find((probe) => probe.device === 'cuda') : undefined;
  if (graphics) {
    return {
      engine: 'tensorflow',
      package: graphics.package,
      device: 'cuda',
      reason: `${graphics.package} computes on the GPU`,
    };
  }
  if (device !== 'auto') return undefined;
  const slow = usable.map((probe) => `${rateOf(probe)}, not ${WORTH_IT} times the processor's ${processor.toFixed(0)}`);
  const tried = refused(settings, { devices, tensorflow }).map(([name]) => name);
  const nothing = tried.length > 0 ? [`${tried.join(', ')} cannot be used here`] : [];
  return onDevice('cpu', ['nothing faster', ...slow, ...nothing].join('; '));
}

function chooseTensorFlow({ device }: EngineSettings, { tensorflow }: MachineProbes): EngineChoice | undefined {
  const usable = tensorflow.filter((probe) => probe.usable && (device === 'auto' || probe.device === device));
  const chosen = usable.find((probe) => probe.device === 'cuda') ?? usable[0];
  if (!chosen) return undefined;
  const reason =
    chosen.package === '@tensorflow/tfjs-core'
      ? `ENGINE=tensorflow; without a native package it is some 50 times slower`
      : 'ENGINE=tensorflow';
  return {
    engine: 'tensorflow',
    package: chosen.package,
    device: chosen.device!,
    reason: `${reason} (${chosen.package})`,
  };
}

function rateOf({ device, gflops }: DeviceProbe): string {
  return `${device} multiplies matrices at ${gflops!.toFixed(gflops! < 10 ? 1 : 0)} GFLOP/s`;
}

/** What was tried and is not used, and why. */
function refused({ engine, device }: EngineSettings, { devices, tensorflow }: MachineProbes): [string, string][] {
  const packages = tensorflow.filter((probe) => engine === 'tensorflow' || probe.package !== '@tensorflow/tfjs-core');
  return [
    ...devices.filter(({ usable }) => !usable).map((probe): [string, string] => [probe.device, probe.reason]),
    ...packages
      .filter((probe) => !probe.usable || (device !== 'auto' && probe.device !== device))
      .map((probe): [string, string] => [probe.package, probe.usable ? `computes on ${probe.device}` : probe.reason]),
  ];
}
