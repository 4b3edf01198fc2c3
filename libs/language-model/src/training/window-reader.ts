import { CodedError } from '#errors';
import { philox, STREAMS } from '../model/random.js';

/** One window: ids [T, B] and the tokens that follow them, targets [T*B], both time-major. */
export interface Window {
  readonly ids: BigInt64Array;
  readonly targets: BigInt64Array;
}

/**
 * Reads a text as B lanes side by side, T tokens at a time, so that each lane's next window goes on where its last one ended.
 * Every epoch starts at another place of the text, drawn from the seed, so that windows and lanes fall differently.
 * Nothing is stored per window: memory stays that of the text.
 */
export class WindowReader {
  /** Windows per epoch; up to B * T tokens at the end of an epoch are left out. */
  readonly windowsPerEpoch: number;
  private readonly laneLength: number;

  /** @throws corpus_too_small when the text does not fill one window */
  constructor(
    private readonly tokens: Uint16Array,
    private readonly batchSize: number,
    private readonly sequenceLength: number,
    private readonly seed: number,
  ) {
    this.windowsPerEpoch = Math.floor((tokens.length - 1) / (batchSize * sequenceLength));
    this.laneLength = this.windowsPerEpoch * sequenceLength;
    if (this.windowsPerEpoch < 1) {
      throw new CodedError(
        'corpus_too_small',
        `The training text has ${tokens.length} tokens; batch_size ${batchSize} x sequence_length ${sequenceLength} needs at least ${batchSize * sequenceLength + 1}. Add text or lower one of them.`,
      );
    }
  }

  /** Window `index` of epoch `epoch`, both from 0. */
  read(epoch: number, index: number): Window {
    const { tokens, batchSize: B, sequenceLength: T } = this;
    const [word] = philox(this.seed >>> 0, Math.floor(this.seed / 0x100000000), epoch, 0, STREAMS.windowOffset);
    const offset = epoch === 0 ? 0 : word % tokens.length;
    const ids = new BigInt64Array(T * B);
    const targets = new BigInt64Array(T * B);
    for (let lane = 0; lane < B; lane++) {
      let position = (offset + lane * this.laneLength + index * T) % tokens.length;
      let token = BigInt(tokens[position]!);
      for (let t = 0; t < T; t++) {
        position = position + 1 === tokens.length ? 0 : position + 1;
        const next = BigInt(tokens[position]!);
        ids[t * B + lane] = token;
        targets[t * B + lane] = next;
        token = next;
      }
    }
    return { ids, targets };
  }
}
