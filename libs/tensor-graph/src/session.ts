import * as ort from 'onnxruntime-node';
import { CodedError } from '#errors';

/** Numbers on the host with their shape, as they go into and come out of a session. */
export type HostTensor = ort.Tensor;

/** Where a session computes. `cuda` needs ONNX Runtime's CUDA provider, `webgpu` a Vulkan driver. */
export type Device = 'cpu' | 'cuda' | 'webgpu';

/** Version of the runtime. */
export const ONNX_RUNTIME_VERSION = ort.env.versions.common;

/** How a session runs. */
export interface SessionOptions {
  /** Threads inside one operator; 0 = one per core. */
  readonly threads: number;
  readonly device?: Device;
  /** Where a model that is given as bytes finds the files that its constants stand in; a model's file knows its own. */
  readonly externalDataFolder?: string;
}

/** float32 numbers as a tensor; the array is not copied. */
export function float32Tensor(data: Float32Array, shape: readonly number[]): HostTensor {
  return new ort.Tensor('float32', data, shape);
}

/** int64 numbers, such as token ids, as a tensor; the array is not copied. */
export function int64Tensor(data: BigInt64Array, shape: readonly number[]): HostTensor {
  return new ort.Tensor('int64', data, shape);
}

/**
 * A model loaded into ONNX Runtime. The owner calls `dispose`.
 *
 * A run computes on the calling thread and blocks it: run long graphs in a process or thread of their own.
 */
export class GraphSession {
  private constructor(private readonly session: ort.InferenceSession) {}

  /**
   * Loads a model, given as bytes or as a file.
   * @throws bundle_corrupt when the runtime refuses the model, device_unavailable when it cannot compute on the device.
   */
  static async create(model: Uint8Array | string, options: SessionOptions): Promise<GraphSession> {
    const { externalDataFolder } = options;
    const external =
      externalDataFolder === undefined ? {} : { model_external_initializers_file_folder_path: externalDataFolder };
    const settings: ort.InferenceSession.SessionOptions = {
      executionProviders: [options.device ?? 'cpu'],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // What goes wrong is thrown; the runtime need not print it as well.
      logSeverityLevel: 4,
      // Idle pool threads that spin would take the cores from the optimizer and from other sessions between runs.
      extra: { session: { force_spinning_stop: '1', set_denormal_as_zero: '1', ...external } },
    };
    try {
      const session =
        typeof model === 'string'
          ? await ort.InferenceSession.create(model, settings)
          : await ort.InferenceSession.create(model, settings);
      return new GraphSession(session);
    } catch (cause) {
      const { device = 'cpu' } = options;
      if (device === 'cpu') {
        throw new CodedError('bundle_corrupt', `ONNX Runtime cannot load the model: ${String(cause)}`, { cause });
      }
      throw new CodedError(
        'device_unavailable',
        `ONNX Runtime cannot compute on ${device}: ${String(cause)} "npm run doctor" says what is missing.`,
        { cause },
      );
    }
  }

  /** Names of the values that a run must be fed. */
  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  /** Names of the values that a run computes. */
  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  /** Computes all outputs, or writes those named in `into` into the tensors given there. */
  async run(
    feeds: Readonly<Record<string, HostTensor>>,
    into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>> {
    const results = into ? await this.session.run(feeds, into) : await this.session.run(feeds);
    return results;
  }

  /** Frees the runtime's memory. The session must not be used afterwards. */
  async dispose(): Promise<void> {
    await this.session.release();
  }
}
