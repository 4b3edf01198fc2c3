import onnxProto from 'onnx-proto';
import { CodedError } from '#errors';
import type { Shape } from './dimension.js';

const { onnx } = onnxProto;

/** Values that node attributes take here: a float is `{ float }`, since 1 alone would be ambiguous. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | { readonly float: number };

/** Element types that the graphs use. Token ids and indices are int64, as ONNX wants them. */
export type ElementType = 'float32' | 'int64' | 'int32' | 'bool' | 'uint8' | 'int8';

/** A named value of a model. */
export interface EncodableTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

/** One ONNX node. A null input is an optional input left out. */
export interface EncodableNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly (EncodableTensor | null)[];
  readonly outputs: readonly EncodableTensor[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Where the numbers of a constant stand in a file beside the model. */
export interface ExternalData {
  readonly file: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Numbers of a constant, by its element type. */
export type ConstantData = Float32Array | BigInt64Array | Uint8Array | Int8Array;

/** Numbers that belong to the model: written into it, or kept in a file beside it. */
export interface EncodableConstant {
  readonly tensor: EncodableTensor;
  readonly data: ConstantData | ExternalData;
}

/** All that a model is made from. */
export interface EncodableGraph {
  readonly nodes: readonly EncodableNode[];
  readonly inputs: readonly EncodableTensor[];
  readonly outputs: readonly { readonly name: string; readonly tensor: EncodableTensor }[];
  readonly constants: readonly EncodableConstant[];
}

/** Operator set 18: the first with Split's `num_outputs`, reductions over an axes input, and scatter reductions. */
const OPERATOR_SET = 18;
const IR_VERSION = 8;
const ELEMENT_TYPES: Record<ElementType, number> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };

function attribute(name: string, value: AttributeValue): object {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if (!Array.isArray(value)) return { name, type: 1, f: (value as { float: number }).float };
  if (typeof value[0] === 'string') return { name, type: 8, strings: value.map((text) => Buffer.from(String(text))) };
  return { name, type: 7, ints: value };
}

function valueInfo(name: string, type: ElementType, shape: Shape): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

function initializer({ tensor, data }: EncodableConstant): object {
  const head = { name: tensor.name, dataType: ELEMENT_TYPES[tensor.type], dims: tensor.shape };
  if (ArrayBuffer.isView(data))
    return { ...head, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  const externalData = [
    { key: 'location', value: data.file },
    { key: 'offset', value: String(data.offsetBytes) },
    { key: 'length', value: String(data.lengthBytes) },
  ];
  return { ...head, externalData, dataLocation: onnx.TensorProto.DataLocation.EXTERNAL };
}

/** Nodes on the way to an output, in the order in which they were added; and the names of everything that they read. */
function reachable(graph: EncodableGraph): { nodes: EncodableNode[]; read: Set<string> } {
  const read = new Set(graph.outputs.map(({ tensor }) => tensor.name));
  const nodes: EncodableNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some(({ name }) => read.has(name))) continue;
    nodes.push(node);
    for (const input of node.inputs) if (input) read.add(input.name);
  }
  return { nodes: nodes.reverse(), read };
}

/** The public name of each result that a node computes: it is computed under that name, so that returning it copies nothing. */
function nameResults(graph: EncodableGraph, nodes: readonly EncodableNode[]): ReadonlyMap<string, string> {
  const computed = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name)));
  const names = new Map<string, string>();
  for (const { name, tensor } of graph.outputs) {
    if (computed.has(tensor.name) && !names.has(tensor.name)) names.set(tensor.name, name);
  }
  return names;
}

/**
 * Writes a graph as an ONNX model.
 * @throws graph_shape_mismatch when the graph has no output.
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 */
export function encodeModel(graph: EncodableGraph): Uint8Array {
  if (graph.outputs.length === 0) throw new CodedError('graph_shape_mismatch', 'The graph has no output.');
  const { nodes, read } = reachable(graph);
  const publicNames = nameResults(graph, nodes);
  const nameOf = (tensor: EncodableTensor): string => publicNames.get(tensor.name) ?? tensor.name;
  // What no node computes, or is returned under a second name, needs a node that copies it.
  const copies = graph.outputs
    .filter(({ name, tensor }) => nameOf(tensor) !== name)
    .map(({ name, tensor }) => ({
      opType: 'Identity',
      input: [nameOf(tensor)],
      output: [name],
      name: `output_${name}`,
    }));
  const isRead = (tensor: EncodableTensor): boolean => read.has(tensor.name);
  const model = onnx.ModelProto.fromObject({
    irVersion: IR_VERSION,
    producerName: 'understudy',
    opsetImport: [
      { domain: '', version: OPERATOR_SET },
      ...[...new Set(nodes.map(({ domain }) => domain))].filter(Boolean).map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'graph',
      input: graph.inputs.filter(isRead).map(({ name, type, shape }) => valueInfo(name, type, shape)),
      output: graph.outputs.map(({ name, tensor }) => valueInfo(name, tensor.type, tensor.shape)),
      initializer: graph.constants.filter(({ tensor }) => isRead(tensor)).map(initializer),
      node: [
        ...nodes.map((node, index) => ({
          opType: node.operator,
          domain: node.domain,
          name: `${node.operator}_${index}`,
          input: node.inputs.map((input) => (input ? nameOf(input) : '')),
          output: node.outputs.map(nameOf),
          attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
        })),
        ...copies,
      ],
    },
  });
  return onnx.ModelProto.encode(model).finish();
}
