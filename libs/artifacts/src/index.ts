export { FolderArtifactStore, type StoredArtifact } from './folder-artifact-store.js';
export { diskSpace, type DiskSpace } from './disk-space.js';
