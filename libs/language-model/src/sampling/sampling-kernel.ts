import wabt from 'wabt';

/** The part of Node's global `WebAssembly` used here; its types come only with those of a browser. */
declare const WebAssembly: {
  instantiate(binary: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

/** Byte addresses into the kernel's memory; runs are multiples of 32 bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  max(at: number, end: number): number;
  sum(at: number, end: number): number;
  countAbove(at: number, end: number, threshold: number): number;
  collectAbove(at: number, end: number, threshold: number, out: number): number;
  exponentials(at: number, end: number, max: number, scale: number, out: number): number;
}

const PAGE_BYTES = 65_536;
/** Numbers that one turn of a loop reads. */
const LANES = 8;

/** Assembler text: `exp` of four numbers at most 0 in $x, result in $x; below -87 it is 0. Cephes' polynomial, within 2 ulp. */
const EXP = `
  (local.set $n (f32x4.nearest (f32x4.mul (local.get $x) (f32x4.splat (f32.const 1.44269504)))))
  (local.set $r (f32x4.sub
    (f32x4.sub (local.get $x) (f32x4.mul (local.get $n) (f32x4.splat (f32.const 0.693359375))))
    (f32x4.mul (local.get $n) (f32x4.splat (f32.const -2.12194440e-4)))))
  (local.set $y (f32x4.splat (f32.const 1.9875691500e-4)))
  ${[1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]
    .map(
      (c) =>
        `(local.set $y (f32x4.add (f32x4.mul (local.get $y) (local.get $r)) (f32x4.splat (f32.const ${c.toExponential(10)}))))`,
    )
    .join('\n  ')}
  (local.set $y (f32x4.add (f32x4.splat (f32.const 1)) (f32x4.add (local.get $r)
    (f32x4.mul (f32x4.mul (local.get $r) (local.get $r)) (local.get $y)))))
  (local.set $x (v128.and (f32x4.ge (local.get $x) (f32x4.splat (f32.const -87)))
    (f32x4.mul (local.get $y)
      (i32x4.shl (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $n)) (i32x4.splat (i32.const 127))) (i32.const 23)))))`;

/** Assembler text: adds four numbers in $x to four sums in double precision. */
const ADD = `
  (local.set $low (f64x2.add (local.get $low) (f64x2.promote_low_f32x4 (local.get $x))))
  (local.set $high (f64x2.add (local.get $high)
    (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x)))))`;

const TOTAL = `
  (local.set $low (f64x2.add (local.get $low) (local.get $high)))
  (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low)))`;

/** Assembler text: repeats `body` for each 32 bytes from $at to $end. */
const loop = (body: string): string => `(loop $next ${body}
  (local.set $at (i32.add (local.get $at) (i32.const 32)))
  (br_if $next (i32.lt_u (local.get $at) (local.get $end))))`;

const load = (offset: number): string => `(v128.load offset=${offset} (local.get $at))`;

const SOURCE = `(module
  (memory (export "memory") 1)

  (func (export "max") (param $at i32) (param $end i32) (result f32)
    (local $m v128) (local $n v128)
    (local.set $m (v128.load (local.get $at)))
    (local.set $n (local.get $m))
    ${loop(`
      (local.set $m (f32x4.pmax (local.get $m) ${load(0)}))
      (local.set $n (f32x4.pmax (local.get $n) ${load(16)}))`)}
    (local.set $m (f32x4.pmax (local.get $m) (local.get $n)))
    (f32.max
      (f32.max (f32x4.extract_lane 0 (local.get $m)) (f32x4.extract_lane 1 (local.get $m)))
      (f32.max (f32x4.extract_lane 2 (local.get $m)) (f32x4.extract_lane 3 (local.get $m)))))

  (func (export "sum") (param $at i32) (param $end i32) (result f64)
    (local $x v128) (local $low v128) (local $high v128)
    ${loop([0, 16].map((offset) => `(local.set $x ${load(offset)}) ${ADD}`).join(''))}
    ${TOTAL})

  (func (export "countAbove") (param $at i32) (param $end i32) (param $threshold f32) (result i32)
    (local $t v128) (local $count v128)
    (local.set $t (f32x4.splat (local.get $threshold)))
    ${loop(`(local.set $count (i32x4.sub
      (i32x4.sub (local.get $count) (f32x4.gt ${load(0)} (local.get $t))) (f32x4.gt ${load(16)} (local.get $t))))`)}
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $count)) (i32x4.extract_lane 1 (local.get $count)))
      (i32.add (i32x4.extract_lane 2 (local.get $count)) (i32x4.extract_lane 3 (local.get $count)))))

  (func (export "collectAbove") (param $at i32) (param $end i32) (param $threshold f32) (param $out i32) (result i32)
    (local $t v128) (local $mask i32) (local $index i32) (local $start i32)
    (local.set $t (f32x4.splat (local.get $threshold)))
    (local.set $start (local.get $out))
    ${loop(`
      (local.set $mask (i32.or
        (i32x4.bitmask (f32x4.gt ${load(0)} (local.get $t)))
        (i32.shl (i32x4.bitmask (f32x4.gt ${load(16)} (local.get $t))) (i32.const 4))))
      (block $none (loop $bit
        (br_if $none (i32.eqz (local.get $mask)))
        (i32.store (local.get $out) (i32.add (local.get $index) (i32.ctz (local.get $mask))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
        (br $bit)))
      (local.set $index (i32.add (local.get $index) (i32.const 8)))`)}
    (i32.shr_u (i32.sub (local.get $out) (local.get $start)) (i32.const 2)))

  (func (export "exponentials")
    (param $at i32) (param $end i32) (param $max f32) (param $scale f32) (param $out i32) (result f64)
    (local $m v128) (local $s v128) (local $x v128) (local $y v128) (local $n v128) (local $r v128)
    (local $low v128) (local $high v128)
    (local.set $m (f32x4.splat (local.get $max)))
    (local.set $s (f32x4.splat (local.get $scale)))
    ${loop(`
      ${[0, 16]
        .map(
          (offset) => `
        (local.set $x (f32x4.mul (f32x4.sub ${load(offset)} (local.get $m)) (local.get $s)))
        ${EXP}
        (v128.store offset=${offset} (local.get $out) (local.get $x))
        ${ADD}`,
        )
        .join('')}
      (local.set $out (i32.add (local.get $out) (i32.const 32)))`)}
    ${TOTAL}))`;

let binary: Promise<Uint8Array> | undefined;

async function assemble(): Promise<Uint8Array> {
  const tools = await wabt();
  const parsed = tools.parseWat('sampling.wat', SOURCE, { simd: true });
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

/**
 * Passes over one row of V numbers with WebAssembly SIMD, in memory of its own: the row is copied in, which takes less than
 * one pass in JavaScript.
 */
export class SamplingKernel {
  /** [V]; what the passes over logits read. */
  readonly logits: Float32Array;
  /** [V], not negative; what the passes over weights read. */
  readonly weights: Float32Array;
  /** Token ids that the last collecting pass found, in ascending order. */
  readonly found: Int32Array;
  private readonly rowBytes: number;

  private constructor(
    private readonly exports: Exports,
    vocabularySize: number,
  ) {
    const padded = Math.ceil(vocabularySize / LANES) * LANES;
    this.rowBytes = padded * 4;
    const missing = Math.ceil((3 * this.rowBytes) / PAGE_BYTES) - 1;
    if (missing > 0) exports.memory.grow(missing);
    const { buffer } = exports.memory;
    new Float32Array(buffer, 0, padded).fill(-Infinity);
    this.logits = new Float32Array(buffer, 0, vocabularySize);
    this.weights = new Float32Array(buffer, this.rowBytes, vocabularySize);
    this.found = new Int32Array(buffer, 2 * this.rowBytes, vocabularySize);
  }

  /** Makes the passes; the first time in a process takes some 50 ms. */
  static async create(vocabularySize: number): Promise<SamplingKernel> {
    const { instance } = await WebAssembly.instantiate(await (binary ??= assemble()), {});
    return new SamplingKernel(instance.exports as Exports, vocabularySize);
  }

  maxLogit(): number {
    return this.exports.max(0, this.rowBytes);
  }

  maxWeight(): number {
    return this.exports.max(this.rowBytes, 2 * this.rowBytes);
  }

  sumWeights(): number {
    return this.exports.sum(this.rowBytes, 2 * this.rowBytes);
  }

  /** How many logits are above a threshold. */
  countLogits(threshold: number): number {
    return this.exports.countAbove(0, this.rowBytes, threshold);
  }

  /** Puts the ids of logits above a threshold into `found`; returns how many. */
  collectLogits(threshold: number): number {
    return this.exports.collectAbove(0, this.rowBytes, threshold, 2 * this.rowBytes);
  }

  /** Puts the ids of weights above a threshold of at least 0 into `found`; returns how many. */
  collectWeights(threshold: number): number {
    return this.exports.collectAbove(this.rowBytes, 2 * this.rowBytes, threshold, 2 * this.rowBytes);
  }

  /** Sets each weight to `exp((logit - max) scale)`; returns their sum. Relative error 2e-7; 0 below e^-87. */
  exponentiate(max: number, scale: number): number {
    return this.exports.exponentials(0, this.rowBytes, max, scale, this.rowBytes);
  }
}
