import './node-version.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { root } from './root.mjs';

const usage = `npm test                        everything
npm test -- lint                only types, format, lint, boundaries, unused code
npm test -- unit                only the unit specs; also: integration, e2e
npm test -- unit tokenizer      only the spec files whose path contains the word
npm test -- unit -t "words"     only the tests whose name contains the words`;

/** Each keeps one core busy, so that two of them run side by side; the one that takes longest comes first. */
const checks = [
  { name: 'lint', cli: 'eslint/bin/eslint.js', args: ['--max-warnings', '0', '.'] },
  { name: 'format', cli: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'boundaries', cli: 'dependency-cruiser/bin/dependency-cruise.mjs', args: ['apps', 'libs', 'bench', 'test'] },
  { name: 'unused code', cli: 'knip/bin/knip.js', args: ['--no-progress'] },
];
const CHECKS_AT_ONCE = 2;
/** The names of those of vitest.config.mjs begin with these. */
const projects = ['unit', 'integration', 'e2e'];
const counts = { passed: 0, failed: 0, skipped: 0 };

async function main() {
  const selection = parseArguments(process.argv.slice(2));
  if (selection === null) {
    console.log(usage);
    return;
  }
  // A failed install or build ends the run: nothing after it could say anything useful.
  stage('install', () => attempt(ensureInstalled));
  if (counts.failed === 0) {
    stage('types', () => {
      attempt(ensureBuilt);
      counts.passed += 1 - counts.failed;
    });
  }
  if (counts.failed === 0) {
    await runChecks(selection.checks);
    for (const project of selection.projects) stage(project, () => runProject(project, selection.filters));
  }
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
  if (counts.passed + counts.failed + counts.skipped === 0) console.log('No test ran.');
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

function parseArguments(words) {
  if (words.includes('--help') || words.includes('-h')) return null;
  const named = words.filter((word) => word === 'lint' || projects.includes(word));
  const filters = words
    .filter((word) => !named.includes(word))
    // The specs run compiled; a path of a source names its output.
    .map((word) => word.replace(/\.ts$/, '.js'));
  const isWholeRun = words.length === 0;
  return {
    checks: isWholeRun || named.includes('lint') ? checks : [],
    projects: named.length === 0 ? projects : projects.filter((project) => named.includes(project)),
    filters,
  };
}

function stage(name, body) {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  body();
  tellTime(startedAt);
}

function tellTime(startedAt) {
  console.log(`   ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

function attempt(step) {
  try {
    step();
  } catch (error) {
    console.error(error.message);
    counts.failed += 1;
  }
}

/** Runs them side by side; what one prints appears as a whole when it has ended. */
async function runChecks(waiting) {
  const queue = [...waiting];
  const runNext = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) await runCheck(check);
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, runNext));
}

async function runCheck({ name, cli, args }) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join('node_modules', cli), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  const [status] = await once(child, 'close');
  console.log(`\n== ${name}`);
  for (const chunk of printed) process.stdout.write(chunk);
  counts[status === 0 ? 'passed' : 'failed'] += 1;
  if (status !== 0) console.log(`   ${name}: FAILED`);
  tellTime(startedAt);
}

function runProject(project, filters) {
  const report = join('dist/.test-results', `${project}.json`);
  mkdirSync(join(root, 'dist/.test-results'), { recursive: true });
  rmSync(join(root, report), { force: true });
  const result = runNode([
    'node_modules/vitest/vitest.mjs',
    'run',
    '--configLoader=native',
    '--passWithNoTests',
    `--project=${project}*`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]);
  const results = readReport(report);
  counts.passed += results.numPassedTests;
  counts.skipped += results.numPendingTests + results.numTodoTests;
  // A spec that does not load, or an error outside of a test, fails the run without a failed test.
  counts.failed += results.numFailedTests > 0 || result.status === 0 ? results.numFailedTests : 1;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}

function runNode(args) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
}

await main();
