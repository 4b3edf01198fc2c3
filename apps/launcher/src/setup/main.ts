import { loadConfig } from '#config';
import { isCodedError } from '#errors';
import { prepareDatabase } from './prepare-database.js';

try {
  const { migrations, keyPath } = await prepareDatabase(loadConfig());
  console.log(
    migrations.length === 0
      ? 'The database is up to date.'
      : `Applied ${migrations.length} migrations to the database.`,
  );
  console.log(`The administrator's key is ${keyPath === null ? 'the one in ADMIN_KEY' : `in ${keyPath}`}.`);
} catch (error) {
  console.error(isCodedError(error) ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
