export { FolderArtifactStore, type StoredArtifact } from './folder-artifact-store.js';
