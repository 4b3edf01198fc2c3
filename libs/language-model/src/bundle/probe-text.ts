import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '#errors';

/** Name of the file in a bundle. */
export const PROBE_FILE = 'probe.json';

/**
 * Text that the model was not trained on, and how well it predicted it when it was exported: what a server compares with to see that what
 * it has loaded is the model that was registered.
 */
export interface ProbeText {
  readonly format: 'understudy-probe';
  readonly version: 1;
  /** Token ids without `<doc>`; each is read as the beginning of a document. */
  readonly texts: readonly (readonly number[])[];
  /** Mean negative log-likelihood per token of all texts together, nats, by the float32 graph. */
  readonly lossNats: number;
}

/**
 * Reads the probe of a bundle; null where it has none, as one that was written before there were probes.
 * @throws bundle_corrupt when it is no probe of this vocabulary
 */
export async function readProbeText(folder: string, vocabularySize: number): Promise<ProbeText | null> {
  const path = join(folder, PROBE_FILE);
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch {
    return null;
  }
  const probe = parse(json);
  if (isProbeText(probe, vocabularySize)) return probe;
  throw new CodedError(
    'bundle_corrupt',
    `${path} is not an understudy-probe, version 1, of ${vocabularySize} tokens. Take the bundle from its source again.`,
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function isProbeText(value: unknown, vocabularySize: number): value is ProbeText {
  if (typeof value !== 'object' || value === null) return false;
  const { format, version, texts, lossNats } = value as Partial<Record<keyof ProbeText, unknown>>;
  const isId = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabularySize;
  return (
    format === 'understudy-probe' &&
    version === 1 &&
    Number.isFinite(lossNats) &&
    Array.isArray(texts) &&
    texts.every((ids) => Array.isArray(ids) && ids.length > 0 && ids.every(isId))
  );
}
