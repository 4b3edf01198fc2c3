import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArtifactStore, artifactSettings, openArtifactStore, type ArtifactStore } from '#artifacts';
import { loadConfig } from '#config';
import { S3Server } from './s3-server.js';

/** An artifact store whose bytes a spec may harm behind its back. */
export interface StoreStand {
  readonly store: ArtifactStore;
  /** A folder of the spec's own, beside the store. */
  readonly folder: string;
  /** Where the store keeps the bytes of this hash, as a file. */
  objectPath(sha256: string): string;
  /** Writes other bytes there. */
  damage(sha256: string, bytes: string): Promise<void>;
  /** Hashes of everything that is stored. */
  stored(): Promise<string[]>;
  /** Makes everything that is stored now look as if it had been written so long ago. */
  age(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Each kind of store, for specs of what holds for all of them. */
export const STORE_STANDS: readonly (readonly [name: string, open: () => Promise<StoreStand>])[] = [
  ['in a folder', openFolderStand],
  ['in an S3 bucket', openS3Stand],
];

async function openFolderStand(): Promise<StoreStand> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-store-'));
  const root = join(folder, 'store');
  const store = new FolderArtifactStore(root);
  return {
    store,
    folder,
    ...filesOf(root, (sha256) => store.path(sha256)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openS3Stand(): Promise<StoreStand> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-store-'));
  const server = await S3Server.start();
  const config = loadConfig({ ...server.environment, ARTIFACT_DIR: join(folder, 'artifacts') });
  const store = await openArtifactStore(artifactSettings(config));
  return {
    store,
    folder,
    ...filesOf(server.objectFolder, (sha256) => server.objectPath(sha256)),
    async close() {
      store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function filesOf(
  root: string,
  objectPath: (sha256: string) => string,
): Pick<StoreStand, 'objectPath' | 'damage' | 'stored' | 'age'> {
  return {
    objectPath,
    async damage(sha256, bytes) {
      await chmod(objectPath(sha256), 0o644);
      await writeFile(objectPath(sha256), bytes);
    },
    async stored() {
      const entries = await readdir(join(root, 'blobs'), { recursive: true }).catch(() => []);
      return [...new Set(entries.flatMap((path) => /[0-9a-f]{64}/.exec(path)?.[0] ?? []))];
    },
    async age(ms) {
      const at = new Date(Date.now() - ms);
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        await utimes(join(entry.parentPath, entry.name), at, at);
      }
    },
  };
}
