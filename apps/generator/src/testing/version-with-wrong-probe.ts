import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelVersion } from '#registry';
import { registerVersion } from '#testing';
import type { GeneratorStand } from './generator-stand.js';

interface Manifest {
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly sizeBytes: number }[];
}

/** Registers the model of a version once more, with a probe that it is said to have read one nat per token worse. */
export async function registerWithWrongProbe(
  { store, registry }: GeneratorStand,
  { bundleSha256 }: ModelVersion,
): Promise<ModelVersion> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bundle-'));
  try {
    await cp(await store.openBundle(bundleSha256), folder, { recursive: true });
    const probe = await readJson<{ readonly lossNats: number }>(join(folder, 'probe.json'));
    const text = JSON.stringify({ ...probe, lossNats: probe.lossNats + 1 });
    await replace(join(folder, 'probe.json'), text);
    const manifest = await readJson<Manifest>(join(folder, 'manifest.json'));
    const stated = { sha256: createHash('sha256').update(text).digest('hex'), sizeBytes: Buffer.byteLength(text) };
    const files = manifest.files.map((file) => (file.path === 'probe.json' ? { ...file, ...stated } : file));
    await replace(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, files }));
    const stored = await store.putBundle(folder);
    return await registerVersion(registry, { bundleSha256: stored.bundleSha256 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

/** The copy may be as unwritable as what is stored. */
async function replace(path: string, text: string): Promise<void> {
  await rm(path);
  await writeFile(path, text);
}
