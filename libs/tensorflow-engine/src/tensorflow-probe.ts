import { fork } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { isInstalled, type TensorFlowPackage } from './tensorflow-packages.js';

/** What became of the attempt to load a package of TensorFlow.js and compute with it. */
export interface TensorFlowProbe {
  readonly package: TensorFlowPackage;
  readonly installed: boolean;
  readonly usable: boolean;
  readonly version: string | null;
  /** What it computes on; null when it is not usable. */
  readonly device: 'cpu' | 'cuda' | null;
  /** Why it is not usable; empty when it is. */
  readonly reason: string;
}

/** What the process that tries a package answers. */
export type TensorFlowAnswer =
  { readonly version: string; readonly device: 'cpu' | 'cuda' } | { readonly error: string };

const CHILD = new URL('./tensorflow-probe-child.js', import.meta.url);
const TIMEOUT_MS = 60_000;

/** Loads a package and multiplies two matrices with it, in a process of its own, since a native library may take its process with it. */
export async function probeTensorFlow(name: TensorFlowPackage): Promise<TensorFlowProbe> {
  const failed = { package: name, usable: false, version: null, device: null };
  if (!isInstalled(name)) return { ...failed, installed: false, reason: 'not installed' };
  const child = fork(CHILD, [name], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    timeout: TIMEOUT_MS,
  });
  let answer: TensorFlowAnswer | undefined;
  child.on('message', (message: TensorFlowAnswer) => (answer = message));
  const ended = new Promise<string>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    child.on('error', (error) => resolve(error.message));
  });
  const [output, ending] = await Promise.all([text(child.stderr!), ended]);
  if (answer && 'version' in answer) return { package: name, installed: true, usable: true, ...answer, reason: '' };
  const lastWords = output.trim().split('\n').at(-1) ?? '';
  const reason = answer?.error ?? `the process that tried it ended with ${ending}${lastWords && `: ${lastWords}`}`;
  return { ...failed, installed: true, reason };
}
