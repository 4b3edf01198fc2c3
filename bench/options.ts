/** What the command line says, checked. */
export interface BenchOptions {
  readonly preset: string;
  readonly json: boolean;
  readonly threads: number;
  /** Of training: onnxruntime or tensorflow. */
  readonly engine: string;
  /** Of training: cpu, cuda or webgpu. */
  readonly device: string;
  readonly batchSizes: readonly number[];
  readonly peer: boolean;
  readonly clients: number;
  readonly tokens: number;
  readonly requests: number | undefined;
  readonly stream: boolean;
  /** Arrivals per second of an open loop; 0 for a closed one. */
  readonly rate: number;
  /** Share of requests that are broken off, 0 to 1. */
  readonly aborts: number;
  /** Seconds that are measured. */
  readonly duration: number | undefined;
  /** Seconds before that. */
  readonly warmUp: number;
  readonly seed: number;
  /** How many generators on one machine, one measurement each. */
  readonly replicas: readonly number[];
  readonly baseUrl: string | undefined;
  readonly key?: string | undefined;
  readonly model: string;
  readonly corpus?: string | undefined;
  readonly epochs: number;
  readonly vocabulary: number;
  readonly hyperparameters: string;
}

/** Reads a whole number of zero or more from the command line. */
export function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new TypeError(`--${name} must be a whole number, not "${text}".`);
  return Number(text);
}

/** Reads a number from 0 to `maximum` from the command line. */
export function numberUpTo(maximum: number, name: string, text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= maximum) return value;
  throw new TypeError(`--${name} must be a number from 0 to ${maximum}, not "${text}".`);
}
