import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

const postgres = './dist/libs/testing/src/postgres-global-setup.js';
const unit = 'dist/**/*.spec.js';
const integration = 'dist/**/*.integration.spec.js';
const endToEnd = 'dist/**/*.e2e.spec.js';
const endToEndFiles = (...names) => names.map((name) => `dist/test/${name}.e2e.spec.js`);
/** Of these, the ones that judge how long something takes; no other spec runs beside them. */
const alone = endToEndFiles('e2e/release-failures', 'e2e/release-outage', 'e2e/releases');
/** The ones in which a browser waits for services that train and judge: two at a time. */
const pages = endToEndFiles('console/serving-pages', 'console/training-pages', 'console/whole-story');
/**
 * Where specs train or decode, which changes their process for good (see CONTRIBUTING.md): each file has one of its own. All
 * others share processes, because to start one costs more than most of them.
 */
const ownProcess = {
  unit: [
    'apps/generator/src/observations/score-pair',
    'bench/*',
    'libs/language-model/src/{bundle,decoding,evaluation,layers-model,sampling,training,upgrade}/**/*',
    'libs/{tensor-graph,tensorflow-engine}/**/*',
  ].map((name) => `dist/${name}.spec.js`),
  integration: ['apps/generator', 'apps/trainer/src/layers-models', 'test'].map(
    (folder) => `dist/${folder}/**/*.integration.spec.js`,
  ),
};
/** These take longest. */
const longest = [
  '/test/e2e/npm-start.e2e.spec.js',
  '/test/e2e/run-kills.e2e.spec.js',
  '/test/e2e/whole-story.e2e.spec.js',
  '/test/e2e/generator-drills.e2e.spec.js',
  '/test/e2e/generator-stop.e2e.spec.js',
  '/test/console/console.e2e.spec.js',
  '/test/console/serving-pages.e2e.spec.js',
  '/simulation/false-alarms.spec.js',
  '/training/run-lifecycle.integration.spec.js',
  '/training/away-storage.integration.spec.js',
  '/training/run-supervision.integration.spec.js',
  '/upgrade/upgrade-experiments.integration.spec.js',
];

/**
 * vitest begins with the largest files; a small one that takes long, begun last, would keep one core busy and the other waiting.
 * Those that share processes come after the others, as a process is kept while the next file shares it.
 */
class LongestFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId, project }) =>
      (project.config.isolate ? 0 : 2) + (longest.some((end) => moduleId.endsWith(end)) ? 0 : 1);
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

/** The guard fails a file that changes how its process computes, so that the next one has what it expects. */
const sharing = { isolate: false, setupFiles: './dist/libs/testing/src/same-arithmetic-guard.js' };
const unitLimits = { testTimeout: 20_000, hookTimeout: 60_000 };
/** One more than two cores, as they often wait: for a process to start, a turn of the judge, a lease to run out, another try. */
const waiting = { globalSetup: postgres, maxWorkers: 3, sequence: { groupOrder: 1 } };
const integrationLimits = { testTimeout: 60_000, hookTimeout: 60_000 };
const endToEndLimits = { testTimeout: 180_000, hookTimeout: 180_000 };

/** A project of vitest, on top of what they all have. */
const project = (name, ...settings) => ({ extends: true, test: Object.assign({ name }, ...settings) });

// The specs run compiled, so that what they fork and start as a worker exists as a file.
export default defineConfig({
  cacheDir: 'dist/.vitest',
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // A spec's process does not live long enough for code that was compiled better to be worth compiling it again, and the
    // threads that V8 collects garbage with would take the cores from the other processes.
    execArgv: ['--enable-source-maps', '--liftoff-only', '--interrupt-budget=2000000', '--single-threaded-gc'],
    sequence: { sequencer: LongestFirst },
    // A second, as it is otherwise, is soon over on a machine that does other things.
    expect: { poll: { timeout: 10_000 } },
    // Our own files are loaded by Node itself, as in production: one copy of each module, in the spec and in what it tests.
    server: { deps: { external: [/\/dist\/(?!.*\.spec\.js)/, /node_modules/] } },
    projects: [
      project('unit', unitLimits, sharing, {
        include: [unit],
        exclude: [integration, endToEnd, ...ownProcess.unit],
      }),
      project('unit in a process each', unitLimits, { include: ownProcess.unit, exclude: [integration, endToEnd] }),
      project('integration', integrationLimits, waiting, sharing, {
        include: [integration],
        exclude: ownProcess.integration,
      }),
      project('integration in a process each', integrationLimits, waiting, { include: ownProcess.integration }),
      project('e2e', endToEndLimits, waiting, { include: [endToEnd], exclude: [...pages, ...alone] }),
      project('e2e pages', endToEndLimits, waiting, { include: pages, maxWorkers: 2, sequence: { groupOrder: 2 } }),
      // vitest runs files that are not parallel when all others have ended.
      project('e2e alone', endToEndLimits, { include: alone, globalSetup: postgres, fileParallelism: false }),
    ],
  },
});
