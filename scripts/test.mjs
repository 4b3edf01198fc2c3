import './node-version.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { root } from './root.mjs';

const usage = `npm test                        everything
npm test -- lint                only types, format, lint, boundaries, unused code
npm test -- unit                only the unit specs; also: integration, e2e
npm test -- unit tokenizer      only the spec files whose path contains the word
npm test -- unit -t "words"     only the tests whose name contains the words`;

/** Needs nothing that the build makes. */
const format = { name: 'format', cli: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] };
const lint = { name: 'lint', cli: 'eslint/bin/eslint.js', args: ['--max-warnings', '0', '.'] };
const boundaries = {
  name: 'boundaries',
  cli: 'dependency-cruiser/bin/dependency-cruise.mjs',
  args: ['apps', 'libs', 'bench', 'test'],
};
const unusedCode = { name: 'unused code', cli: 'knip/bin/knip.js', args: ['--no-progress'] };
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
  await stage('install', () => attempt(ensureInstalled));
  if (counts.failed === 0) await runBuilt(selection);
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
    hasChecks: isWholeRun || named.includes('lint'),
    projects: named.length === 0 ? projects : projects.filter((project) => named.includes(project)),
    filters,
  };
}

/**
 * Build, checks and specs. The build and each check keep one core busy, and the linter takes longest by far: so something runs
 * beside each of them, and what the checks say follows after the unit specs.
 */
async function runBuilt({ hasChecks, projects: selected, filters }) {
  const formatting = hasChecks ? startCheck(format) : null;
  await stage('types', async () => count((await run(['scripts/build.mjs'])) === 0));
  const isBuilt = counts.failed === 0;
  const checking = hasChecks && isBuilt ? [startCheck(lint), startAfter(formatting, boundaries, unusedCode)] : [];
  const specs = isBuilt ? [...selected] : [];
  if (specs[0] === 'unit') await runProject(specs.shift(), filters);
  for (const ended of (await Promise.all([formatting ?? [], ...checking])).flat()) tellCheck(ended);
  for (const project of specs) await runProject(project, filters);
}

async function stage(name, body) {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  await body();
  tellTime(performance.now() - startedAt);
}

function tellTime(ms) {
  console.log(`   ${(ms / 1000).toFixed(1)} s`);
}

function count(isPassed) {
  counts[isPassed ? 'passed' : 'failed'] += 1;
}

function attempt(step) {
  try {
    step();
  } catch (error) {
    console.error(error.message);
    counts.failed += 1;
  }
}

/** Runs a check beside others; what it prints is kept. */
async function startCheck({ name, cli, args }) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join('node_modules', cli), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  const [status] = await once(child, 'close');
  return { name, printed, isPassed: status === 0, ms: performance.now() - startedAt };
}

async function startAfter(before, ...following) {
  await before;
  const ended = [];
  for (const check of following) ended.push(await startCheck(check));
  return ended;
}

function tellCheck({ name, printed, isPassed, ms }) {
  console.log(`\n== ${name}`);
  for (const chunk of printed) process.stdout.write(chunk);
  count(isPassed);
  if (!isPassed) console.log(`   ${name}: FAILED`);
  tellTime(ms);
}

function runProject(project, filters) {
  return stage(project, () => runSpecs(project, filters));
}

async function runSpecs(project, filters) {
  const report = join('dist/.test-results', `${project}.json`);
  mkdirSync(join(root, 'dist/.test-results'), { recursive: true });
  rmSync(join(root, report), { force: true });
  const status = await run([
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
  counts.failed += results.numFailedTests > 0 || status === 0 ? results.numFailedTests : 1;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}

async function run(args) {
  const [status] = await once(spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }), 'exit');
  return status;
}

await main();
