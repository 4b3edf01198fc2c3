export { guardAgainstLeaks } from './leak-guard.js';
export { registerVersion, type RegisteredVersionOptions } from './registered-version.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { tinyCorpus, type TinyCorpus, type TinyCorpusOptions } from './tiny-corpus.js';
