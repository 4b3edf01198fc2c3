export { guardAgainstLeaks } from './leak-guard.js';
export { registerVersion, type RegisteredVersionOptions } from './registered-version.js';
export { HAS_REDIS, RedisServer } from './redis-server.js';
export { S3Server } from './s3-server.js';
export { STORE_STANDS, type StoreStand } from './store-stands.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { tinyCorpus, type TinyCorpus, type TinyCorpusOptions } from './tiny-corpus.js';
export { openTraceReceiver, type ReceivedSpan, type TraceReceiver } from './trace-receiver.js';
