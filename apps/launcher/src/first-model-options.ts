import type { Backend } from './backend.js';
import type { MeasuredCorpus } from './corpus/corpus-source.js';
import type { LauncherOptions } from './launcher-options.js';
import type { Terminal } from './terminal.js';

/** What decides whether, and on what, a model is trained. */
export interface FirstModelOptions {
  readonly backend: Backend;
  readonly options: LauncherOptions;
  /** The user's texts; null where none were given. */
  readonly corpus: MeasuredCorpus | null;
  readonly deployment: string;
  readonly dataDir: string;
  /** 0 takes every core. */
  readonly trainingThreads: number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}
