import wabt from 'wabt';

/** The part of Node's global `WebAssembly` used here; its types come only with those of a browser. */
declare const WebAssembly: {
  instantiate(binary: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

/** Byte addresses into the kernel's memory; a run ends before `end` and is a multiple of 32 bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  max(at: number, end: number): number;
  sum(at: number, end: number): number;
  countAbove(at: number, end: number, threshold: number): number;
  sumAbove(at: number, end: number, weights: number, threshold: number): number;
  collectBetween(at: number, end: number, low: number, high: number, out: number): number;
  keepFrom(at: number, end: number, weights: number, threshold: number): number;
  exponentials(at: number, end: number, max: number, scale: number, out: number): number;
  weightedSum(at: number, end: number, weights: number): number;
  ratios(at: number, end: number, center: number, out: number): void;
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

/** Locals of a function that adds up in double precision, in four sums so that one addition need not wait for the last. */
const SUMS = '(local $x v128) (local $s0 v128) (local $s1 v128) (local $s16 v128) (local $s17 v128)';

/** Assembler text: adds the four numbers in $x, which came from an offset of 0 or 16 bytes. */
const add = (offset: 0 | 16): string => `
  (local.set $s${offset} (f64x2.add (local.get $s${offset}) (f64x2.promote_low_f32x4 (local.get $x))))
  (local.set $s${offset + 1} (f64x2.add (local.get $s${offset + 1})
    (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x)))))`;

const TOTAL = `
  (local.set $s0 (f64x2.add (f64x2.add (local.get $s0) (local.get $s1)) (f64x2.add (local.get $s16) (local.get $s17))))
  (f64.add (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0)))`;

/** Assembler text: repeats the body for each 32 bytes from $at to $end; `others` are addresses that go along. */
const loop = (body: string, ...others: string[]): string => `(loop $next ${body}
  ${others.map((name) => `(local.set $${name} (i32.add (local.get $${name}) (i32.const 32)))`).join(' ')}
  (local.set $at (i32.add (local.get $at) (i32.const 32)))
  (br_if $next (i32.lt_u (local.get $at) (local.get $end))))`;

/** The same for each half of the 32 bytes. */
const loopHalves = (body: (offset: 0 | 16) => string, ...others: string[]): string =>
  loop(body(0) + body(16), ...others);

const load = (offset: 0 | 16, from = 'at'): string => `(v128.load offset=${offset} (local.get $${from}))`;

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
    ${SUMS}
    ${loopHalves((half) => `(local.set $x ${load(half)}) ${add(half)}`)}
    ${TOTAL})

  (func (export "countAbove") (param $at i32) (param $end i32) (param $threshold f32) (result i32)
    (local $t v128) (local $count v128)
    (local.set $t (f32x4.splat (local.get $threshold)))
    ${loopHalves(
      (half) => `
      (local.set $count (i32x4.sub (local.get $count) (f32x4.gt ${load(half)} (local.get $t))))`,
    )}
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $count)) (i32x4.extract_lane 1 (local.get $count)))
      (i32.add (i32x4.extract_lane 2 (local.get $count)) (i32x4.extract_lane 3 (local.get $count)))))

  (func (export "sumAbove") (param $at i32) (param $end i32) (param $weights i32) (param $threshold f32) (result f64)
    (local $t v128) ${SUMS}
    (local.set $t (f32x4.splat (local.get $threshold)))
    ${loopHalves(
      (half) =>
        `(local.set $x (v128.and (f32x4.gt ${load(half)} (local.get $t)) ${load(half, 'weights')})) ${add(half)}`,
      'weights',
    )}
    ${TOTAL})

  (func (export "collectBetween")
    (param $at i32) (param $end i32) (param $low f32) (param $high f32) (param $out i32) (result i32)
    (local $l v128) (local $h v128) (local $mask i32) (local $index i32) (local $start i32)
    (local.set $l (f32x4.splat (local.get $low)))
    (local.set $h (f32x4.splat (local.get $high)))
    (local.set $start (local.get $out))
    ${loop(`
      (local.set $mask (i32.or ${([0, 16] as const)
        .map(
          (half) => `(i32.shl (i32x4.bitmask (v128.and
            (f32x4.gt ${load(half)} (local.get $l)) (f32x4.le ${load(half)} (local.get $h)))) (i32.const ${half / 4}))`,
        )
        .join(' ')}))
      (block $none (loop $bit
        (br_if $none (i32.eqz (local.get $mask)))
        (i32.store (local.get $out) (i32.add (local.get $index) (i32.ctz (local.get $mask))))
        (local.set $out (i32.add (local.get $out) (i32.const 4)))
        (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
        (br $bit)))
      (local.set $index (i32.add (local.get $index) (i32.const 8)))`)}
    (i32.shr_u (i32.sub (local.get $out) (local.get $start)) (i32.const 2)))

  (func (export "keepFrom") (param $at i32) (param $end i32) (param $weights i32) (param $threshold f32) (result f64)
    (local $t v128) ${SUMS}
    (local.set $t (f32x4.splat (local.get $threshold)))
    ${loopHalves(
      (half) => `
      (local.set $x (v128.and (f32x4.ge ${load(half)} (local.get $t)) ${load(half, 'weights')}))
      (v128.store offset=${half} (local.get $weights) (local.get $x))
      ${add(half)}`,
      'weights',
    )}
    ${TOTAL})

  (func (export "exponentials")
    (param $at i32) (param $end i32) (param $max f32) (param $scale f32) (param $out i32) (result f64)
    (local $m v128) (local $s v128) (local $y v128) (local $n v128) (local $r v128) ${SUMS}
    (local.set $m (f32x4.splat (local.get $max)))
    (local.set $s (f32x4.splat (local.get $scale)))
    ${loopHalves(
      (half) => `
      (local.set $x (f32x4.mul (f32x4.sub ${load(half)} (local.get $m)) (local.get $s)))
      ${EXP}
      (v128.store offset=${half} (local.get $out) (local.get $x))
      ${add(half)}`,
      'out',
    )}
    ${TOTAL})

  (func (export "weightedSum") (param $at i32) (param $end i32) (param $weights i32) (result f64)
    ${SUMS}
    ${loopHalves(
      (half) => `
      (local.set $x ${load(half, 'weights')})
      (local.set $x (v128.and (f32x4.gt (local.get $x) (f32x4.splat (f32.const 0))) (f32x4.mul ${load(half)} (local.get $x))))
      ${add(half)}`,
      'weights',
    )}
    ${TOTAL})

  (func (export "ratios") (param $at i32) (param $end i32) (param $center f32) (param $out i32)
    (local $c v128)
    (local.set $c (f32x4.splat (local.get $center)))
    ${loopHalves(
      (half) => `(v128.store offset=${half} (local.get $out) (f32x4.pmin
        (f32x4.div ${load(half)} (local.get $c)) (f32x4.div (local.get $c) ${load(half)})))`,
      'out',
    )}))`;

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

/** One of the kernel's rows. */
type RowName = 'logits' | 'weights' | 'ratios';

/**
 * Passes over one row of V numbers with WebAssembly SIMD, in memory of its own: the row is copied in, which takes less than
 * one pass in JavaScript.
 */
export class SamplingKernel {
  /** [V], any. */
  readonly logits: Float32Array;
  /** [V], not negative; 0 = cannot be drawn. */
  readonly weights: Float32Array;
  /** [V], 0 to 1. */
  readonly ratios: Float32Array;
  /** Token ids that the last collecting pass found, in ascending order. */
  readonly found: Int32Array;
  private readonly rowBytes: number;
  private readonly at: Readonly<Record<RowName | 'found', number>>;

  private constructor(
    private readonly exports: Exports,
    vocabularySize: number,
  ) {
    const padded = Math.ceil(vocabularySize / LANES) * LANES;
    this.rowBytes = padded * 4;
    this.at = { logits: 0, weights: this.rowBytes, ratios: 2 * this.rowBytes, found: 3 * this.rowBytes };
    const missing = Math.ceil((4 * this.rowBytes) / PAGE_BYTES) - 1;
    if (missing > 0) exports.memory.grow(missing);
    const { buffer } = exports.memory;
    new Float32Array(buffer, 0, padded).fill(-Infinity);
    this.logits = new Float32Array(buffer, this.at.logits, vocabularySize);
    this.weights = new Float32Array(buffer, this.at.weights, vocabularySize);
    this.ratios = new Float32Array(buffer, this.at.ratios, vocabularySize);
    this.found = new Int32Array(buffer, this.at.found, vocabularySize);
  }

  /** Makes the passes; the first time in a process takes some 50 ms. */
  static async create(vocabularySize: number): Promise<SamplingKernel> {
    const { instance } = await WebAssembly.instantiate(await (binary ??= assemble()), {});
    return new SamplingKernel(instance.exports as Exports, vocabularySize);
  }

  max(row: RowName): number {
    return this.exports.max(this.at[row], this.at[row] + this.rowBytes);
  }

  sumWeights(): number {
    return this.exports.sum(this.at.weights, this.at.weights + this.rowBytes);
  }

  /** How many numbers of a row are above a threshold. */
  countAbove(row: RowName, threshold: number): number {
    return this.exports.countAbove(this.at[row], this.at[row] + this.rowBytes, threshold);
  }

  /** Sum of the weights of the tokens whose numbers in a row are above a threshold. */
  sumAbove(row: RowName, threshold: number): number {
    return this.exports.sumAbove(this.at[row], this.at[row] + this.rowBytes, this.at.weights, threshold);
  }

  /** Puts the ids of a row's numbers above `low` and up to `high` into `found`; returns how many. */
  collectBetween(row: RowName, low: number, high: number): number {
    return this.exports.collectBetween(this.at[row], this.at[row] + this.rowBytes, low, high, this.at.found);
  }

  /** Sets the weights of tokens to 0 whose numbers in a row are below a threshold; returns the sum of the others. */
  keepFrom(row: RowName, threshold: number): number {
    return this.exports.keepFrom(this.at[row], this.at[row] + this.rowBytes, this.at.weights, threshold);
  }

  /** Sets each weight to `exp((logit - max) scale)`; returns their sum. Relative error 2e-7; 0 below e^-87. */
  exponentiate(max: number, scale: number): number {
    return this.exports.exponentials(0, this.rowBytes, max, scale, this.at.weights);
  }

  /** Sum of the logits, each times its weight; those without weight do not count. */
  weightedLogits(): number {
    return this.exports.weightedSum(0, this.rowBytes, this.at.weights);
  }

  /** Sets each ratio to the smaller of `weight / center` and `center / weight`. */
  compareWeights(center: number): void {
    this.exports.ratios(this.at.weights, this.at.weights + this.rowBytes, center, this.at.ratios);
  }
}
