import { defineConfig } from 'vitest/config';

const postgres = './dist/libs/testing/src/postgres-global-setup.js';
const integration = 'dist/**/*.integration.spec.js';
const endToEnd = 'dist/**/*.e2e.spec.js';

// The specs run compiled, so that what they fork and start as a worker exists as a file.
export default defineConfig({
  cacheDir: 'dist/.vitest',
  test: {
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--enable-source-maps'],
    // Our own files are loaded by Node itself, as in production: one copy of each module, in the spec and in what it tests.
    server: { deps: { external: [/\/dist\/(?!.*\.spec\.js)/, /node_modules/] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['dist/**/*.spec.js'],
          exclude: [integration, endToEnd],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [integration],
          globalSetup: postgres,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [endToEnd],
          globalSetup: postgres,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each of them starts services and trains on all cores.
          fileParallelism: false,
        },
      },
    ],
  },
});
