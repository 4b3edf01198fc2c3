import { CodedError } from '#errors';
import { countElements, formatShape, type Shape } from './dimension.js';
import {
  encodeModel,
  type AttributeValue,
  type ConstantData,
  type ElementType,
  type EncodableConstant,
  type EncodableNode,
  type EncodableTensor,
  type ExternalData,
} from './onnx-encoding.js';
import type { Device } from './session.js';

/** A value in a graph: an input, a constant, or the result of a node. It holds no numbers. */
export interface Tensor extends EncodableTensor {
  readonly graph: Graph;
}

/** Gradients of the inputs, given those of the outputs; `undefined` where there is none. */
export type GradientRule = (outputGradients: readonly (Tensor | undefined)[]) => readonly (Tensor | undefined)[];

/** One differentiable step: what went in, what came out, and how gradients go back through it. */
export interface TapeEntry {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly gradient: GradientRule;
}

function elementTypeOf(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  return data instanceof Uint8Array ? 'uint8' : 'int8';
}

/** Type and shape of a node's output. */
export interface TensorSpec {
  readonly type: ElementType;
  readonly shape: Shape;
}

/**
 * A computation written once: operators append ONNX nodes and, beside them, a tape of differentiable steps.
 * Shapes are checked as each operator is added, so a mistake shows where it was written.
 */
export class Graph {
  readonly nodes: EncodableNode[] = [];
  readonly tape: TapeEntry[] = [];
  readonly inputs: Tensor[] = [];
  readonly outputs: { name: string; tensor: Tensor }[] = [];
  readonly constants: EncodableConstant[] = [];
  private readonly scalars = new Map<number, Tensor>();
  private readonly names = new Set<string>();
  private nextId = 0;
  private recording = true;

  /** How many results one node may have. WebGPU promises eight buffers to a shader, and one is the input. */
  readonly mostOutputs: number;

  /** @param device where the graph will be computed */
  constructor(device: Device = 'cpu') {
    this.mostOutputs = device === 'webgpu' ? 7 : Infinity;
  }

  /**
   * Declares a value fed at each run.
   * @throws graph_shape_mismatch when the name is taken.
   */
  input(name: string, shape: Shape, type: ElementType = 'float32'): Tensor {
    if (this.names.has(name)) throw new CodedError('graph_shape_mismatch', `The graph has an input "${name}" already.`);
    this.names.add(name);
    const tensor: Tensor = { graph: this, name, type, shape };
    this.inputs.push(tensor);
    return tensor;
  }

  /**
   * Numbers that are part of the model.
   * @throws graph_shape_mismatch when data and shape differ in size.
   */
  constant(data: ConstantData, shape: Shape, name?: string): Tensor {
    if (countElements(shape) !== data.length) {
      throw new CodedError(
        'graph_shape_mismatch',
        `A constant of shape ${formatShape(shape)} needs ${countElements(shape)} numbers, ${data.length} were given.`,
      );
    }
    const tensor: Tensor = { graph: this, name: name ?? this.newName('constant'), type: elementTypeOf(data), shape };
    this.constants.push({ tensor, data });
    return tensor;
  }

  /** float32 numbers of the model that stand in a file beside it, so that several models share one copy. */
  externalConstant(name: string, shape: Shape, data: ExternalData): Tensor {
    const tensor: Tensor = { graph: this, name, type: 'float32', shape };
    this.constants.push({ tensor, data });
    return tensor;
  }

  /** A float32 scalar; equal scalars are stored once. */
  scalar(value: number): Tensor {
    let tensor = this.scalars.get(value);
    if (!tensor) {
      tensor = this.constant(Float32Array.of(value), []);
      this.scalars.set(value, tensor);
    }
    return tensor;
  }

  /** A list of int64 numbers, for axes, shapes and bounds. */
  integers(values: readonly number[]): Tensor {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** Appends one ONNX node. Operators call it; models call operators. */
  emit(
    operator: string,
    inputs: readonly (Tensor | null)[],
    outputs: readonly TensorSpec[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): Tensor[] {
    const results = outputs.map(({ type, shape }): Tensor => ({
      graph: this,
      name: this.newName(operator),
      type,
      shape,
    }));
    this.nodes.push({ operator, domain, inputs, outputs: results, attributes });
    return results;
  }

  /** Notes how gradients flow back through the nodes just emitted, unless a surrounding operator does that for all of them. */
  record(inputs: readonly Tensor[], outputs: readonly Tensor[], gradient: GradientRule): void {
    if (this.recording) this.tape.push({ inputs, outputs, gradient });
  }

  /** Builds nodes that differentiation does not look into: the inside of an operator, or a gradient rule. */
  withoutTape<T>(build: () => T): T {
    const before = this.recording;
    this.recording = false;
    try {
      return build();
    } finally {
      this.recording = before;
    }
  }

  /** Names a result that a run returns. */
  output(name: string, tensor: Tensor): void {
    if (this.outputs.some((output) => output.name === name)) {
      throw new CodedError('graph_shape_mismatch', `The graph has an output "${name}" already.`);
    }
    this.outputs.push({ name, tensor });
  }

  /** The model in ONNX's format. Nodes that no output needs are left out. */
  encode(): Uint8Array {
    return encodeModel(this);
  }

  private newName(hint: string): string {
    return `${hint.toLowerCase()}_${this.nextId++}`;
  }
}
