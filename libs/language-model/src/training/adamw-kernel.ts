import wabt from 'wabt';

/** Memory that the kernel and ONNX Runtime both work in. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** The part of Node's global `WebAssembly` used here; its types come only with those of a browser. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => KernelMemory;
  instantiate(binary: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

const PAGE_BYTES = 65_536;

/** Reserves zeroed memory of a fixed size. */
export function createKernelMemory(sizeBytes: number): KernelMemory {
  return new WebAssembly.Memory({ initial: Math.ceil(sizeBytes / PAGE_BYTES) });
}

/** Byte addresses are offsets into the memory given to `compileAdamWKernel`; counts are multiples of 4 numbers. */
export interface AdamWKernel {
  /** Sum of the squares of `count` float32 numbers, added up in double precision. */
  sumOfSquares(address: number, count: number): number;
  /**
   * One AdamW update of `count` float32 parameters p in place, with gradients g and moments m and v:
   * `m = beta1 m + (1 - beta1) s g; v = beta2 v + (1 - beta2) (s g)^2; p = decay p - rate m / (sqrt(v) correction + epsilon)`.
   */
  update(
    p: number,
    g: number,
    m: number,
    v: number,
    count: number,
    s: number,
    beta1: number,
    beta2: number,
    decay: number,
    rate: number,
    correction: number,
    epsilon: number,
  ): void;
}

const SOURCE = `(module
  (memory (import "env" "memory") 1)

  (func (export "sumOfSquares") (param $at i32) (param $count i32) (result f64)
    (local $end i32) (local $x v128) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $x (v128.load (local.get $at)))
      (local.set $low (f64x2.add (local.get $low) (f64x2.mul
        (f64x2.promote_low_f32x4 (local.get $x)) (f64x2.promote_low_f32x4 (local.get $x)))))
      (local.set $x (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x)))
      (local.set $high (f64x2.add (local.get $high) (f64x2.mul
        (f64x2.promote_low_f32x4 (local.get $x)) (f64x2.promote_low_f32x4 (local.get $x)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $next)))
    (local.set $low (f64x2.add (local.get $low) (local.get $high)))
    (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))

  (func (export "update")
    (param $p i32) (param $g i32) (param $m i32) (param $v i32) (param $count i32)
    (param $scale f32) (param $beta1 f32) (param $beta2 f32) (param $decay f32) (param $rate f32)
    (param $correction f32) (param $epsilon f32)
    (local $end i32) (local $x v128) (local $moment v128) (local $second v128)
    (local $s v128) (local $b1 v128) (local $a1 v128) (local $b2 v128) (local $a2 v128)
    (local $d v128) (local $r v128) (local $c v128) (local $e v128)
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $s (f32x4.splat (local.get $scale)))
    (local.set $b1 (f32x4.splat (local.get $beta1)))
    (local.set $a1 (f32x4.splat (f32.sub (f32.const 1) (local.get $beta1))))
    (local.set $b2 (f32x4.splat (local.get $beta2)))
    (local.set $a2 (f32x4.splat (f32.sub (f32.const 1) (local.get $beta2))))
    (local.set $d (f32x4.splat (local.get $decay)))
    (local.set $r (f32x4.splat (local.get $rate)))
    (local.set $c (f32x4.splat (local.get $correction)))
    (local.set $e (f32x4.splat (local.get $epsilon)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
      (local.set $x (f32x4.mul (v128.load (local.get $g)) (local.get $s)))
      (local.set $moment (f32x4.add (f32x4.mul (v128.load (local.get $m)) (local.get $b1))
        (f32x4.mul (local.get $x) (local.get $a1))))
      (v128.store (local.get $m) (local.get $moment))
      (local.set $second (f32x4.add (f32x4.mul (v128.load (local.get $v)) (local.get $b2))
        (f32x4.mul (f32x4.mul (local.get $x) (local.get $x)) (local.get $a2))))
      (v128.store (local.get $v) (local.get $second))
      (v128.store (local.get $p) (f32x4.sub (f32x4.mul (v128.load (local.get $p)) (local.get $d))
        (f32x4.div (f32x4.mul (local.get $moment) (local.get $r))
          (f32x4.add (f32x4.mul (f32x4.sqrt (local.get $second)) (local.get $c)) (local.get $e)))))
      (local.set $p (i32.add (local.get $p) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br $next)))))`;

/**
 * Compiles the update loop over a memory. In plain JavaScript it takes twice as long, since numbers there are doubles
 * and one at a time; a worker thread cannot help, since ONNX Runtime refuses tensors over shared memory.
 */
export async function compileAdamWKernel(memory: KernelMemory): Promise<AdamWKernel> {
  const tools = await wabt();
  const parsed = tools.parseWat('adamw.wat', SOURCE, { simd: true });
  try {
    const { buffer } = parsed.toBinary({});
    const { instance } = await WebAssembly.instantiate(new Uint8Array(buffer), { env: { memory } });
    return instance.exports as AdamWKernel;
  } finally {
    parsed.destroy();
  }
}
