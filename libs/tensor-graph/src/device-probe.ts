import { fork } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import type { Device } from './session.js';

/** What became of the attempt to compute on a device. */
export interface DeviceProbe {
  readonly device: Device;
  readonly usable: boolean;
  /** Rate of matrix products through ONNX Runtime, copies to the device and back included; null when it is not usable. */
  readonly gflops: number | null;
  /** Why it is not usable, in the runtime's words; empty when it is. */
  readonly reason: string;
}

/** What a machine needs for a device, for people. */
export const DEVICE_ADVICE: Readonly<Record<Device, string>> = {
  cpu: 'The processor needs nothing.',
  cuda: 'For CUDA on Linux x64: NVIDIA driver, CUDA 12 and cuDNN 9, then "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12" (downloads from NuGet).',
  webgpu:
    'For WebGPU on Linux: a graphics driver with Vulkan and the package libvulkan1; ONNX Runtime brings the rest.',
};

/** What the process that tries a device answers. */
export type ProbeAnswer = { readonly gflops: number } | { readonly error: string };

const CHILD = new URL('./device-probe-child.js', import.meta.url);
/** A driver that hangs is as good as none. */
const TIMEOUT_MS = 60_000;

/** Lines of a driver that say more than the runtime's own error, such as a library that is not there. */
const TELLING = /cannot open shared object file|Couldn't load|no such file/i;

/**
 * Tries a device for real: opens a session on it and multiplies matrices, in a process of its own, since a driver that
 * fails may take its process with it.
 */
export async function probeDevice(device: Device): Promise<DeviceProbe> {
  const child = fork(CHILD, [device], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    timeout: TIMEOUT_MS,
  });
  let answer: ProbeAnswer | undefined;
  child.on('message', (message: ProbeAnswer) => (answer = message));
  const ended = new Promise<string>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    child.on('error', (error) => resolve(error.message));
  });
  const [output, ending] = await Promise.all([text(child.stderr!), ended]);
  if (answer && 'gflops' in answer) return { device, usable: true, gflops: answer.gflops, reason: '' };
  const hint = output.split('\n').find((line) => TELLING.test(line));
  const reason = [answer?.error ?? `the process that tried it ended with ${ending}`, hint && shorten(hint)];
  return { device, usable: false, gflops: null, reason: reason.filter(Boolean).join('; ') };
}

/** The runtime's message without the place in its source, log prefix and colours. */
function shorten(message: string): string {
  return stripVTControlCharacters(message)
    .replace(/^.*with error: /, '')
    .replace(/^Warning: /, '')
    .trim();
}
