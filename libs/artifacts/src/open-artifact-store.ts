import { join } from 'node:path';
import type { ArtifactStore } from './artifact-store.js';
import { FolderArtifactStore } from './folder-artifact-store.js';
import type { S3Location } from './s3-objects.js';

/** Which store there is: the settings of these names. */
export type ArtifactSettings = Omit<S3Location, 's3Bucket'> & {
  readonly artifactDir: string;
  readonly artifactCacheBytes: number;
  /** Null for a folder on this machine. */
  readonly s3Bucket: string | null;
};

/** These settings without any others: what a process of our own is told that is to read from the store. */
export function artifactSettings(settings: ArtifactSettings): ArtifactSettings {
  const { artifactDir, artifactCacheBytes, s3Bucket, s3Prefix, s3Endpoint, s3Region, s3PathStyle } = settings;
  const { s3AccessKeyId, s3SecretAccessKey } = settings;
  return {
    artifactDir,
    artifactCacheBytes,
    s3Bucket,
    s3Prefix,
    s3Endpoint,
    s3Region,
    s3PathStyle,
    s3AccessKeyId,
    s3SecretAccessKey,
  };
}

/** Opens the store that the settings name; nothing is asked of it yet. The caller closes it. */
export async function openArtifactStore(settings: ArtifactSettings): Promise<ArtifactStore> {
  const { artifactDir, artifactCacheBytes, s3Bucket } = settings;
  if (s3Bucket === null) return new FolderArtifactStore(artifactDir);
  // The client takes half a second to load, which only those pay who need it.
  const { S3ArtifactStore } = await import('./s3-artifact-store.js');
  // A folder of its own: what was stored before there was a bucket is no cache, and nothing of it may be removed.
  return new S3ArtifactStore({ ...settings, s3Bucket }, join(artifactDir, 'cache'), artifactCacheBytes);
}
