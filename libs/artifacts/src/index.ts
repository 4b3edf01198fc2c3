export { ArtifactStore, type StoredArtifact } from './artifact-store.js';
export { diskSpace, type DiskSpace } from './disk-space.js';
export { FolderArtifactStore } from './folder-artifact-store.js';
export { artifactSettings, openArtifactStore, type ArtifactSettings } from './open-artifact-store.js';
