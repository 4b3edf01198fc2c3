import type { Readable } from 'node:stream';

export declare class FolderArtifactStore {
  constructor(rootFolder: string);
  putStream(source: AsyncIterable<Uint8Array>, options?: { readonly maxBytes?: number }): Promise<StoredArtifact>;
  putFile(path: string): Promise<StoredArtifact>;
  path(sha256: string): string;
  openRead(sha256: string): Promise<Readable>;
  verify(sha256: string): Promise<void>;
  delete(sha256: string): Promise<void>;
  putBundle(folder: string): Promise<{ readonly bundleSha256: string; readonly sizeBytes: number }>;
  openBundle(bundleSha256: string): Promise<string>;
}

/** Bytes in the store. */
export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}
