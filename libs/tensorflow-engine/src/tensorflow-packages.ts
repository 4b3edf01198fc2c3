import { createRequire } from 'node:module';
import type * as tensorFlow from '@tensorflow/tfjs-core';
import { CodedError } from '#errors';

/** TensorFlow.js' operations, the same in every package. */
export type TensorFlow = typeof tensorFlow;

/**
 * Packages that bring the operations, fastest first. Those with a native library download it when they are installed, so
 * this project does not depend on them: whoever wants one installs it.
 */
export const TENSORFLOW_PACKAGES = [
  '@tensorflow/tfjs-node-gpu',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-core',
] as const;

/** A package of TensorFlow.js. */
export type TensorFlowPackage = (typeof TENSORFLOW_PACKAGES)[number];

/** TensorFlow.js, ready to compute. */
export interface LoadedTensorFlow {
  readonly tf: TensorFlow;
  readonly package: TensorFlowPackage;
  readonly version: string;
  readonly device: 'cpu' | 'cuda';
}

const require = createRequire(import.meta.url);

/** Whether a package can be found; it may still not load. */
export function isInstalled(name: TensorFlowPackage): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads a package and chooses its backend. A native library that does not fit may take the process with it: see `probeTensorFlow`.
 * @throws device_unavailable when the package is not installed or does not load
 */
export async function loadTensorFlow(name: TensorFlowPackage): Promise<LoadedTensorFlow> {
  try {
    const tf = name === '@tensorflow/tfjs-core' ? await loadPortable() : await loadNative(name);
    return { tf, package: name, version: tf.version_core, device: usesGpu(tf) ? 'cuda' : 'cpu' };
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new CodedError('device_unavailable', `${name} does not load: ${reason}`, { cause });
  }
}

async function loadPortable(): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  // Its bundle for Node leaves the gradients out; that of the Layers library registers them, for every copy.
  await import('@tensorflow/tfjs-layers');
  tf.env().set('IS_NODE', false); // else it advertises its native package on standard error
  await tf.setBackend('cpu');
  return tf;
}

async function loadNative(name: string): Promise<TensorFlow> {
  // Not a literal: the package need not be there when this is compiled.
  const loaded = (await import(name)) as TensorFlow & { readonly default?: TensorFlow };
  const tf = loaded.default ?? loaded;
  await tf.ready();
  return tf;
}

/** The native backend of the GPU package says whether it found a device; without one it computes on the processor. */
function usesGpu(tf: TensorFlow): boolean {
  return (tf.backend() as { readonly isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}
