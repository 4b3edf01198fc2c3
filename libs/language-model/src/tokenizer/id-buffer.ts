const CHUNK_BITS = 16;
const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;

/** Growing list of 32-bit ids in chunks of 256 KiB: never copied to grow, 4 bytes an id. */
export class IdBuffer {
  #chunks: Uint32Array[] = [];
  #current: Uint32Array = new Uint32Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(id: number): void {
    const offset = this.#length & CHUNK_MASK;
    if (offset === 0) {
      this.#current = new Uint32Array(CHUNK_LENGTH);
      this.#chunks.push(this.#current);
    }
    this.#current[offset] = id;
    this.#length++;
  }

  /** Forgets the ids from `length` on. */
  truncate(length: number): void {
    this.#length = length;
    this.#chunks.length = Math.ceil(length / CHUNK_LENGTH);
    this.#current = this.#chunks.at(-1) ?? new Uint32Array(0);
  }

  /** Parts of the chunks that hold the ids from `start` to `start + length`, in order; views, not copies. */
  *slices(start: number, length: number): Generator<Uint32Array> {
    const end = start + length;
    for (let position = start; position < end;) {
      const offset = position & CHUNK_MASK;
      const taken = Math.min(CHUNK_LENGTH - offset, end - position);
      const chunk = this.#chunks[position >> CHUNK_BITS];
      if (chunk === undefined) throw new RangeError(`ids ${start} to ${end} of a buffer of ${this.#length}`);
      yield chunk.subarray(offset, offset + taken);
      position += taken;
    }
  }
}
