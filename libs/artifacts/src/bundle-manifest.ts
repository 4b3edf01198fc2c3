import { CodedError } from '#errors';

/** Name of the file that lists the others. */
export const MANIFEST_NAME = 'manifest.json';

/** A file of a bundle, as its manifest states it. */
export interface BundleFile {
  /** Relative, with `/` between folders. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

const FILES_MAXIMUM = 10_000;

/**
 * Reads a manifest and checks everything in it, because its paths become files.
 *
 * @throws bundle_corrupt when it is not a manifest or a path would leave the bundle's folder
 */
export function parseManifest(text: string): readonly BundleFile[] {
  const manifest = parseJson(text);
  if (!isObject(manifest) || manifest['format'] !== 'understudy-bundle' || manifest['version'] !== 1) {
    throw corrupt('its manifest is not of format "understudy-bundle", version 1');
  }
  const { files } = manifest;
  if (!Array.isArray(files) || files.length === 0 || files.length > FILES_MAXIMUM) {
    throw corrupt(`its manifest must list 1 to ${FILES_MAXIMUM} files`);
  }
  const checked = files.map(checkFile);
  const paths = new Set(checked.map(({ path }) => path.toLowerCase()));
  if (paths.size !== checked.length) throw corrupt('its manifest lists a file twice');
  return checked;
}

function checkFile(file: unknown): BundleFile {
  if (!isObject(file)) throw corrupt('its manifest lists something that is not a file');
  const { path, sha256, sizeBytes } = file;
  if (typeof path !== 'string' || !isInside(path)) {
    throw corrupt(`its manifest lists the path ${JSON.stringify(path)}, which is not a plain path inside the bundle`);
  }
  if (typeof sha256 !== 'string' || !isSha256(sha256)) throw corrupt(`its manifest has no SHA-256 for ${path}`);
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw corrupt(`its manifest has no size for ${path}`);
  }
  return { path, sha256, sizeBytes };
}

/** Only names that mean the same on every system: no `..`, no drive, no absolute path, no manifest of its own. */
function isInside(path: string): boolean {
  if (path.length > 255 || path.toLowerCase() === MANIFEST_NAME) return false;
  return path.split('/').every((part) => /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(part) && !part.endsWith('.'));
}

/** Whether a text is a SHA-256 in the form in which everything here is named. */
export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt('its manifest is not JSON', error);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function corrupt(why: string, cause?: unknown): CodedError {
  return new CodedError('bundle_corrupt', `The model bundle cannot be used: ${why}. Train it again or restore it.`, {
    cause,
  });
}
