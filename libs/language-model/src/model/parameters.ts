import { parameterSpecs, type Architecture, type ParameterSpec } from './architecture.js';
import { fillUniform, STREAMS } from './random.js';

/** Where a parameter's numbers come from; the optimizer keeps them in memory of its own. */
export type AllocateFloats = (count: number) => Float32Array;

/** A model's parameters by name. Whoever writes to a view changes the model. */
export class Parameters {
  readonly specs: readonly ParameterSpec[];
  private readonly views: ReadonlyMap<string, Float32Array>;

  constructor(
    readonly architecture: Architecture,
    allocate: AllocateFloats = (count) => new Float32Array(count),
  ) {
    this.specs = parameterSpecs(architecture);
    this.views = new Map(this.specs.map(({ name, size }) => [name, allocate(size)]));
  }

  /** The numbers of one parameter, in row-major order. */
  view(name: string): Float32Array {
    const view = this.views.get(name);
    if (!view) throw new RangeError(`There is no parameter "${name}".`);
    return view;
  }
}

/**
 * Sets starting values from a seed: Glorot-uniform weights, embeddings uniform in ±0.05, forget-gate bias 1, gain 1, all else 0.
 * Given a text, the output bias starts at the logarithm of each token's smoothed share of it, so that no step is spent on
 * learning which words are frequent.
 * @see Glorot & Bengio 2010, equation 16; Jozefowicz et al. 2015 for the forget gate
 */
export function initializeParameters(parameters: Parameters, seed: number, text?: Uint16Array): void {
  const H = parameters.architecture.lstmUnits;
  parameters.specs.forEach(({ name, shape }, index) => {
    const view = parameters.view(name);
    if (name.endsWith('.gain')) view.fill(1);
    else if (name.startsWith('lstm.') && name.endsWith('.bias')) view.fill(1, 2 * H, 3 * H);
    else if (shape.length === 2) {
      const limit = name.startsWith('embedding') ? 0.05 : Math.sqrt(6 / (shape[0]! + shape[1]!));
      fillUniform(view, seed, STREAMS.initialization, index);
      for (let i = 0; i < view.length; i++) view[i] = (2 * view[i]! - 1) * limit;
    }
  });
  if (text) setLogShares(parameters.view('output.bias'), text);
}

function setLogShares(bias: Float32Array, text: Uint16Array): void {
  const counts = new Float64Array(bias.length).fill(1);
  for (const token of text) counts[token]!++;
  for (let token = 0; token < bias.length; token++)
    bias[token] = Math.log(counts[token]! / (text.length + bias.length));
}
