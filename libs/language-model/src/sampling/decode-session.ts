import type { GraphSession } from '#tensor-graph';
import { float32Tensor, int64Tensor, type HostTensor } from '#tensor-graph';
import type { Architecture } from '../model/architecture.js';
import { stateNames } from '../model/forward.js';

/** State of one sequence: hidden and cell of each layer, [H] each, in the order of `stateNames`. */
export type SequenceState = Float32Array[];

/** The two graphs that generation runs, and what every run is fed besides (parameters in training, nothing in serving). */
export interface DecodeGraphs {
  readonly decode: GraphSession;
  readonly prefill: GraphSession;
  readonly constantFeeds?: Readonly<Record<string, HostTensor>>;
}

/** What a step is fed and where its results go: views of the session's buffers. */
interface StepViews {
  readonly feeds: Readonly<Record<string, HostTensor>>;
  readonly results: Readonly<Record<string, HostTensor>>;
}

/** Tokens that one prefill run reads at most, so that a long prompt does not keep the other sequences waiting. */
export const PREFILL_CHUNK = 64;

/**
 * Rows of sequences side by side, advanced one token at a time. Live rows are always 0 to `rows - 1`; states stay in two sets
 * of buffers that change places at each step, so a step copies nothing and joining or leaving copies one row.
 */
export class DecodeSession {
  rows = 0;
  /** Token that each row reads at the next step. */
  readonly ids: BigInt64Array;
  /** The same in words of 32 bits, the lower one first. */
  private readonly idWords: Int32Array;
  /** Reciprocal of each row's temperature. */
  readonly inverseTemperatures: Float32Array;
  /** Result of the last step, [rows, V]: softmax of the logits times the inverse temperature; 0 for `<unk>`. */
  readonly probabilities: Float32Array;
  private readonly allLogits: Float32Array;
  private hasLogits = false;
  private readonly names: readonly string[];
  /** Two sets of states, and which of them the next step reads; it fills the other. */
  private readonly states: readonly (readonly Float32Array[])[];
  private side = 0;
  /** By number of rows, side, and whether there are logits: made once, since making a dozen tensors is a sixth of a step of one row. */
  private readonly views: StepViews[] = [];

  constructor(
    private readonly graphs: DecodeGraphs,
    private readonly architecture: Architecture,
    readonly capacity: number,
  ) {
    const { lstmUnits: H, numLayers, vocabularySize: V } = architecture;
    this.names = Array.from({ length: numLayers }, (_, layer) => Object.values(stateNames(layer))).flat();
    const buffers = (): Float32Array[] => this.names.map(() => new Float32Array(capacity * H));
    this.states = [buffers(), buffers()];
    this.ids = new BigInt64Array(capacity);
    this.idWords = new Int32Array(this.ids.buffer);
    this.inverseTemperatures = new Float32Array(capacity);
    this.probabilities = new Float32Array(capacity * V);
    this.allLogits = new Float32Array(capacity * V);
  }

  /** Result of the last step, [rows, V]: the model's own logits, before the temperature; that of `<unk>` lower by 1000 (`NEVER`). */
  get logits(): Float32Array {
    if (!this.hasLogits) throw new Error('The last step left the logits out.');
    return this.allLogits;
  }

  get vocabularySize(): number {
    return this.architecture.vocabularySize;
  }

  /** State before the first token. */
  emptyState(): SequenceState {
    return this.names.map(() => new Float32Array(this.architecture.lstmUnits));
  }

  /** Reads up to `PREFILL_CHUNK` tokens into a state. Each sequence is read alone, so its state depends on nothing else. */
  async prefill(state: SequenceState, tokens: readonly number[]): Promise<SequenceState> {
    const shape = [1, 1, this.architecture.lstmUnits];
    const feeds: Record<string, HostTensor> = {
      ids: int64Tensor(BigInt64Array.from(tokens, BigInt), [tokens.length, 1]),
    };
    this.names.forEach((name, index) => (feeds[name] = float32Tensor(state[index]!, shape)));
    for (const name of this.graphs.prefill.inputNames) feeds[name] ??= this.graphs.constantFeeds![name]!;
    const results = await this.graphs.prefill.run(feeds);
    return this.names.map((name) => results[`next_${name}`]!.data as Float32Array);
  }

  /** Sets what a row reads next. */
  setId(row: number, id: number): void {
    // Not `ids[row] = BigInt(id)`: a number of its own for each token is a garbage collection every few steps.
    this.idWords[2 * row] = id;
    this.idWords[2 * row + 1] = 0;
  }

  /** A copy of a row's state. */
  stateOf(row: number): SequenceState {
    const H = this.architecture.lstmUnits;
    return this.current.map((buffer) => buffer.slice(row * H, (row + 1) * H));
  }

  /** Adds a sequence and returns its row. */
  join(state: SequenceState): number {
    const row = this.rows++;
    state.forEach((values, index) => this.current[index]!.set(values, row * this.architecture.lstmUnits));
    return row;
  }

  /** Removes a row; the last row takes its place. */
  leave(row: number): void {
    const last = --this.rows;
    if (row === last) return;
    const H = this.architecture.lstmUnits;
    for (const buffer of this.current) buffer.copyWithin(row * H, last * H, (last + 1) * H);
    this.idWords.copyWithin(2 * row, 2 * last, 2 * last + 2);
    this.inverseTemperatures[row] = this.inverseTemperatures[last]!;
  }

  /**
   * Adds a row with the state, token and temperature of another and returns it: another continuation of the same text.
   * There must be room. Its part of `probabilities` and `logits` is filled by the next step.
   */
  fork(row: number): number {
    const copy = this.rows++;
    this.rearrange([copy], [row]);
    return copy;
  }

  /**
   * Gives `rows[i]` the state, token and temperature that `parents[i]` has, for all i at once: rows may be parents of each other
   * and a row of several, as beams are. Rows that are not named stay as they are.
   */
  rearrange(rows: readonly number[], parents: readonly number[]): void {
    const { lstmUnits: H } = this.architecture;
    this.current.forEach((buffer, index) => {
      // Until the next step its results' buffer is free.
      const copies = this.next[index]!;
      parents.forEach((parent, i) => copies.set(buffer.subarray(parent * H, (parent + 1) * H), i * H));
      rows.forEach((row, i) => buffer.set(copies.subarray(i * H, (i + 1) * H), row * H));
    });
    const ids = parents.map((parent) => this.ids[parent]!);
    const inverseTemperatures = parents.map((parent) => this.inverseTemperatures[parent]!);
    rows.forEach((row, i) => {
      this.ids[row] = ids[i]!;
      this.inverseTemperatures[row] = inverseTemperatures[i]!;
    });
  }

  /**
   * Advances all rows by one token: reads `ids`, fills `probabilities` and `logits`.
   * @param withLogits false where no row reads them: writing them out is a tenth of a step of many rows
   */
  async step(withLogits = true): Promise<void> {
    const key = 4 * this.rows + 2 * this.side + Number(withLogits);
    const { feeds, results } = (this.views[key] ??= this.viewRows(this.rows, withLogits));
    this.hasLogits = withLogits;
    await this.graphs.decode.run(feeds, results);
    this.side = 1 - this.side;
  }

  private viewRows(n: number, withLogits: boolean): StepViews {
    const { lstmUnits: H, vocabularySize: V } = this.architecture;
    const feeds: Record<string, HostTensor> = {
      ...this.graphs.constantFeeds,
      ids: int64Tensor(this.ids.subarray(0, n), [1, n]),
      inverse_temperature: float32Tensor(this.inverseTemperatures.subarray(0, n), [n, 1]),
    };
    const results: Record<string, HostTensor> = {
      probabilities: float32Tensor(this.probabilities.subarray(0, n * V), [n, V]),
    };
    if (withLogits) results['logits'] = float32Tensor(this.allLogits.subarray(0, n * V), [n, V]);
    this.names.forEach((name, index) => {
      feeds[name] = float32Tensor(this.current[index]!.subarray(0, n * H), [1, n, H]);
      results[`next_${name}`] = float32Tensor(this.next[index]!.subarray(0, n * H), [1, n, H]);
    });
    return { feeds, results };
  }

  private get current(): readonly Float32Array[] {
    return this.states[this.side]!;
  }

  private get next(): readonly Float32Array[] {
    return this.states[1 - this.side]!;
  }

  async dispose(): Promise<void> {
    await this.graphs.decode.dispose();
    await this.graphs.prefill.dispose();
  }
}
