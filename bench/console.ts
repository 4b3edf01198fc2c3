import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { openDatabase, type Database } from '#database';
import { findChromium, startChromium } from '../test/console/chromium.js';
import { addMeasuredRuns, POINTS_OF_A_RUN } from '../test/console/measured-runs.js';
import { openDemoGround } from '../test/demo/demo-ground.js';
import type { BenchOptions } from './options.js';
import type { Report } from './report.js';

const RUNS = 200;
const PASSES = 5;
/** Rows of the table that are there before anybody scrolls; the others come as they are scrolled to. */
const ROWS_AT_FIRST = 40;
/** Of an axis of a chart, where the pointer moves to, presses and lets go. */
const [LEFT, RIGHT] = [0.3, 0.6];
/** More than the page is high. */
const TURNS = 30;
const TURN_PX = 400;
const POLL_MS = 20;
const PATIENCE_MS = 120_000;

/** What a person feels while they use the page. */
interface Felt {
  /** Work that kept the page from answering for 50 ms and more, as the browser itself tells it. */
  readonly longTasksMs: readonly number[];
  readonly framesMs: readonly number[];
}

/**
 * How fluid the runs page of the console is: runs with long curves, all of them chosen, every chart drawn; somebody moves over a chart, zooms
 * into it and out again, and scrolls down the page to the last run and up.
 */
export async function benchConsole(_options: BenchOptions, report: Report): Promise<void> {
  const chromium = findChromium();
  if (chromium === null) throw new TypeError('Install Chromium first: apt-get install chromium.');
  const ground = await openDemoGround(1);
  try {
    report.note(`writing ${RUNS} runs with ${POINTS_OF_A_RUN} points each ...`);
    const corpus = { filename: 'stories.txt', sizeBytes: 1, sha256: '0'.repeat(64), purpose: 'fine-tune' } as const;
    await ground.registry.createCorpus(corpus);
    const database = openDatabase({ connectionString: ground.connectionString });
    const ids = await writeRuns(database).finally(() => database.close());
    const browser = await startChromium(chromium);
    try {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.addInitScript(WATCH);
      const [url = ''] = ground.generators;
      await page.goto(url);
      await page.getByLabel('API key').fill(ground.key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('nav').waitFor();
      const common = { bench: 'console', runs: RUNS, points: POINTS_OF_A_RUN };
      const startedMs = performance.now();
      await page.goto(`${url}/runs?charts=all&runs=${ids.join(',')}`);
      await page.locator('figure').first().locator('.chart-key').nth(11).waitFor();
      await page.getByRole('row').nth(ROWS_AT_FIRST).waitFor();
      const tookMs = performance.now() - startedMs;
      report.add({ ...common, what: 'load', tookMs, ...summaryOf(await felt(page)) });
      for (let pass = 1; pass <= PASSES; pass += 1) {
        await page.evaluate('window.felt = { longTasksMs: [], framesMs: [] }');
        const from = performance.now();
        await zoomAndScroll(page);
        report.add({
          ...common,
          what: 'zoom and scroll',
          tookMs: performance.now() - from,
          ...summaryOf(await felt(page)),
        });
      }
    } finally {
      await browser.close();
    }
  } finally {
    await ground.close();
  }
}

/** Writes the runs, and leaves the database nothing to tidy up while somebody looks at them. */
async function writeRuns(database: Database): Promise<readonly string[]> {
  await database.query((client) => client.$executeRaw`ALTER TABLE "run_events" SET (autovacuum_enabled = false)`);
  const ids = await addMeasuredRuns(database, RUNS, RUNS);
  await database.query((client) => client.$executeRaw`ANALYZE "run_events"`);
  await database.query((client) => client.$executeRaw`CHECKPOINT`);
  return ids;
}

const WATCH = `window.felt = { longTasksMs: [], framesMs: [] };
  new PerformanceObserver((list) => window.felt.longTasksMs.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' });
  let before = performance.now();
  const frame = (now) => { window.felt.framesMs.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);`;

async function felt(page: Page): Promise<Felt> {
  // A long task is told of after it, with the next idle moment.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))');
  return page.evaluate<Felt>('window.felt');
}

function summaryOf({ longTasksMs, framesMs }: Felt): Readonly<Record<string, number>> {
  const frames = [...framesMs].sort((a, b) => a - b);
  return {
    longestTaskMs: Math.max(0, ...longTasksMs),
    longTasks: longTasksMs.length,
    frames: frames.length,
    frameP95Ms: frames[Math.floor(0.95 * frames.length)] ?? 0,
    slowestFrameMs: frames.at(-1) ?? 0,
  };
}

/** Moves over a chart, looks at a part of it, at all of it again, and goes down the page and up. */
async function zoomAndScroll(page: Page): Promise<void> {
  const plot = page.getByRole('img', { name: /^Loss\./ }).first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (box === null) throw new Error('The chart is not on the page.');
  const middle = box.y + box.height / 2;
  const at = (part: number): number => box.x + part * box.width;
  for (let part = 0.2; part < 0.9; part += 0.05) await page.mouse.move(at(part), middle);
  await page.mouse.move(at(LEFT), middle);
  await page.mouse.down();
  await page.mouse.move(at(RIGHT), middle, { steps: 5 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Show all' }).first().click();
  await page.getByRole('button', { name: 'Show all' }).first().waitFor({ state: 'detached' });
  for (const direction of [1, -1]) {
    for (let turn = 0; turn < TURNS; turn += 1) await page.mouse.wheel(0, direction * TURN_PX);
    if (direction > 0) await page.getByRole('row').nth(RUNS).waitFor();
    // Asked from here: a condition that the page asks itself again and again is refused by its security policy.
    const isThere = direction > 0 ? 'scrollY + innerHeight > document.body.scrollHeight - 10' : 'scrollY === 0';
    while (!(await page.evaluate(isThere))) await delay(POLL_MS);
  }
}
