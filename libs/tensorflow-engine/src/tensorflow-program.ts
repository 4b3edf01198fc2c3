import type { Tensor } from '@tensorflow/tfjs-core';
import type { ModelProgram } from '#language-model/workbench';
import { float32Tensor, type HostTensor } from '#tensor-graph';
import type { TensorFlow } from './tensorflow-packages.js';

/** Tensors by the names of the model's graphs. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A computation in TensorFlow.js behind the same feeds and results as a graph on ONNX Runtime. */
export class TensorFlowProgram implements ModelProgram {
  constructor(
    private readonly tf: TensorFlow,
    private readonly compute: (inputs: NamedTensors) => NamedTensors,
  ) {}

  async run(
    feeds: Readonly<Record<string, HostTensor>>,
    results: Readonly<Record<string, HostTensor>> = {},
  ): Promise<Record<string, HostTensor>> {
    const outputs = this.tf.tidy(() =>
      this.compute(Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, this.toDevice(feed)]))),
    );
    const read = Object.entries(outputs).map(async ([name, tensor]): Promise<[string, HostTensor]> => {
      const numbers = (await tensor.data()) as Float32Array;
      const given = results[name];
      // Copied in any case: the numbers of an output may be those of an input, whose memory is the caller's.
      if (!given) return [name, float32Tensor(numbers.slice(), tensor.shape)];
      (given.data as Float32Array).set(numbers);
      return [name, given];
    });
    try {
      return Object.fromEntries(await Promise.all(read));
    } finally {
      this.tf.dispose(Object.values(outputs));
    }
  }

  dispose(): Promise<void> {
    // Every tensor lives for one run only.
    return Promise.resolve();
  }

  private toDevice({ data, dims }: HostTensor): Tensor {
    const shape = [...dims];
    if (data instanceof Float32Array) return this.tf.tensor(data, shape, 'float32');
    return this.tf.tensor(Int32Array.from(data as BigInt64Array, Number), shape, 'int32');
  }
}
