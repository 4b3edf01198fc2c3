export { openDatabase, type Database, type Transaction } from './database.js';
export { toDatabaseError } from './database-errors.js';
export {
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from './embedded-postgres/start-embedded-postgres.js';
export { Prisma } from './generated/client.js';
export { holdAdvisoryLock, type AdvisoryLock } from './hold-advisory-lock.js';
export { listen, notify, type Listener } from './listen.js';
export { migrate } from './migrate.js';
export { migrateWhenUp } from './migrate-when-up.js';
