import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

const postgres = './dist/libs/testing/src/postgres-global-setup.js';
const integration = 'dist/**/*.integration.spec.js';
const endToEnd = 'dist/**/*.e2e.spec.js';
/** Of these, the ones that judge how long something takes; no other spec runs beside them. */
const alone = [
  'console/serving-pages',
  'console/training-pages',
  'console/whole-story',
  'e2e/release-failures',
  'e2e/release-outage',
  'e2e/releases',
].map((name) => `dist/test/${name}.e2e.spec.js`);
/** These take longest. */
const longest = ['npm-start', 'run-kills', 'whole-story', 'generator-drills'].map(
  (name) => `/test/e2e/${name}.e2e.spec.js`,
);

/** vitest begins with the largest files; a small one that takes long, begun last, would keep one core busy and the other waiting. */
class LongestFirst extends BaseSequencer {
  async sort(files) {
    const isLong = ({ moduleId }) => longest.some((end) => moduleId.endsWith(end));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** One more than two cores, as they often wait: for a process to start, a turn of the judge, a lease to run out, another try. */
const waiting = { globalSetup: postgres, maxWorkers: 3, sequence: { groupOrder: 1 } };
const endToEndLimits = { testTimeout: 180_000, hookTimeout: 180_000 };

// The specs run compiled, so that what they fork and start as a worker exists as a file.
export default defineConfig({
  cacheDir: 'dist/.vitest',
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // A spec's process does not live long enough for WebAssembly that was compiled better to be worth compiling it again.
    execArgv: ['--enable-source-maps', '--liftoff-only'],
    sequence: { sequencer: LongestFirst },
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
          ...waiting,
          name: 'integration',
          include: [integration],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { extends: true, test: { ...waiting, ...endToEndLimits, name: 'e2e', include: [endToEnd], exclude: alone } },
      {
        extends: true,
        test: {
          ...endToEndLimits,
          name: 'e2e alone',
          include: alone,
          globalSetup: postgres,
          // vitest runs files that are not parallel when all others have ended.
          fileParallelism: false,
        },
      },
    ],
  },
});
