import type { Readable } from 'node:stream';

/** Bytes in the store. */
export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The stored bytes that are needed. */
export interface NeededArtifacts {
  /** Manifests of bundles; the files that they list are needed, too. */
  readonly bundles: readonly string[];
  readonly files: readonly string[];
}

/** What was removed. */
export interface RemovedArtifacts {
  readonly artifacts: number;
  readonly sizeBytes: number;
}

/** What may be removed if it is not needed. */
export interface RemovalLimits {
  /** Only what was not written within this time. */
  readonly olderThanMs: number;
  /** Only these; everything when left out. */
  readonly among?: readonly string[];
}

/**
 * Bytes by their SHA-256. They appear whole or not at all, the same content is stored once, and everything that is read is
 * compared with its hash. Several processes may use one store.
 *
 * A store that is not on this machine may also throw artifact_store_unavailable and artifact_store_refused from each of these.
 */
export abstract class ArtifactStore {
  /**
   * Stores a stream as it arrives; it is never held in memory.
   *
   * @throws body_too_large beyond `maxBytes`; disk_full; folder_unwritable; what the source throws. Nothing is left behind.
   */
  abstract putStream(
    source: AsyncIterable<Uint8Array>,
    options?: { readonly maxBytes?: number },
  ): Promise<StoredArtifact>;

  /** Stores a copy of a file. @throws as {@link putStream} */
  abstract putFile(path: string): Promise<StoredArtifact>;

  /**
   * Reads an artifact. The stream fails with artifact_corrupt after the last byte when the bytes do not have their hash.
   *
   * @throws artifact_missing; invalid_value when the text is not a SHA-256
   */
  abstract openRead(sha256: string): Promise<Readable>;

  /** Reads an artifact and compares it with its hash. @throws artifact_missing; artifact_corrupt */
  abstract verify(sha256: string): Promise<void>;

  /**
   * Stores every file that the `manifest.json` of a folder lists, and the manifest last; its hash is the bundle's name.
   *
   * @throws bundle_corrupt, bundle_missing when the folder is not what its manifest says; disk_full; folder_unwritable
   */
  abstract putBundle(folder: string): Promise<{ readonly bundleSha256: string; readonly sizeBytes: number }>;

  /**
   * Makes a bundle's files readable under their names and returns the folder, which belongs to the store: read only.
   * Every file is compared with its hash each time.
   *
   * @throws bundle_missing, bundle_corrupt naming the file; disk_full; folder_unwritable
   */
  abstract openBundle(bundleSha256: string): Promise<string>;

  /**
   * Compares every file of a bundle with its hash where other machines read it from, not in a cache of this one. Only when
   * that place cannot be reached does the copy on this machine count.
   *
   * @throws bundle_missing, bundle_corrupt naming the file
   */
  abstract verifyBundle(bundleSha256: string): Promise<void>;

  /**
   * Removes what is not needed, within the limits. Bundles share files: a file goes when the last bundle that lists it is
   * gone.
   *
   * What is needed is asked for after the old files have been listed, and a file that was written again in between stays:
   * so bytes that are stored now and registered within `olderThanMs` are kept.
   *
   * @throws bundle_missing, bundle_corrupt when the manifest of a needed bundle cannot be read; then nothing is removed,
   *   because nobody knows which files it needs
   */
  abstract removeUnused(needed: () => Promise<NeededArtifacts>, limits: RemovalLimits): Promise<RemovedArtifacts>;

  /** Lets go of connections. */
  abstract close(): void;
}
