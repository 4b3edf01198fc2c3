import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { isCodedError } from '#errors';
import { ONNX_RUNTIME_VERSION, probeDevice, type DeviceProbe } from '#tensor-graph';
import { TENSORFLOW_PACKAGES, probeTensorFlow, type TensorFlowProbe } from '#tensorflow-engine';
import { chooseEngine, type EngineChoice, type EngineSettings } from '../training/select-engine.js';

/** What `npm run doctor` finds out. */
export interface Diagnosis {
  readonly machine: {
    readonly node: string;
    readonly system: string;
    readonly processor: string;
    readonly cores: number;
    readonly memoryGib: number;
    /** As nvidia-smi lists them; empty without a driver. */
    readonly gpus: readonly string[];
  };
  readonly onnxRuntime: string;
  readonly devices: readonly DeviceProbe[];
  readonly tensorflow: readonly TensorFlowProbe[];
  readonly settings: EngineSettings;
  /** What a training run would compute with, or why none can. */
  readonly choice: EngineChoice | { readonly error: string };
}

/** Tries every device and package of this machine, and chooses as a training run would. */
export async function diagnose(settings: EngineSettings): Promise<Diagnosis> {
  // The processor comes first and alone: its rate is what the others are compared with.
  const processor = await probeDevice('cpu');
  const [cuda, webgpu, tensorflow, gpus] = await Promise.all([
    probeDevice('cuda'),
    probeDevice('webgpu'),
    Promise.all(TENSORFLOW_PACKAGES.map(probeTensorFlow)),
    listGpus(),
  ]);
  const devices = [processor, cuda, webgpu];
  const machine = {
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    gpus,
  };
  return {
    machine,
    onnxRuntime: ONNX_RUNTIME_VERSION,
    devices,
    tensorflow,
    settings,
    choice: choose(settings, { devices, tensorflow }),
  };
}

function choose(settings: EngineSettings, probes: Pick<Diagnosis, 'devices' | 'tensorflow'>): Diagnosis['choice'] {
  try {
    return chooseEngine(settings, probes);
  } catch (error) {
    if (!isCodedError(error, 'device_unavailable')) throw error;
    return { error: error.message };
  }
}

async function listGpus(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['-L'], { timeout: 10_000 });
    return stdout.split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
