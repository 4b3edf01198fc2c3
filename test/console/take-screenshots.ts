import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { demonstrateRollback } from '../demo/rollback-demo.js';
import { findChromium, startChromium } from './chromium.js';
import { goOn } from './go-on.js';

/** What the README may hold per picture. */
const MOST_BYTES = 300_000;
const FOLDER = 'docs/images';
const WIDTH = 1280;

/** A page to be shown, and what has to be there before. */
interface Picture {
  readonly name: string;
  readonly path: string;
  /** As much of the page as is worth showing. */
  readonly height: number;
  readonly until: (page: Page) => Promise<unknown>;
}

/** Takes the pictures of the README from a real demonstration run. */
async function takeScreenshots(chromium: string): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await mkdir(FOLDER, { recursive: true });
  await demonstrateRollback(say, async (end) => {
    const { clients } = await goOn(end, say);
    const { generators, key } = end.ground;
    const [url = ''] = generators;
    const browser = await startChromium(chromium);
    try {
      const page = await (await browser.newContext({ viewport: { width: WIDTH, height: 900 } })).newPage();
      await page.goto(url);
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation').waitFor();
      for (const picture of picturesOf(end.release.id)) say(await take(page, url, picture));
    } finally {
      await browser.close();
      await clients.stop();
    }
  });
}

function picturesOf(releaseId: string): readonly Picture[] {
  return [
    { name: 'overview', path: '/', height: 1_000, until: (page) => page.getByText('was taken back').waitFor() },
    { name: 'runs', path: '/runs', height: 1_100, until: (page) => page.locator('canvas').nth(2).waitFor() },
    {
      name: 'release',
      path: `/releases/${releaseId}`,
      height: 1_420,
      until: (page) => page.locator('canvas').first().waitFor(),
    },
  ];
}

/** @returns what was written, for the terminal */
async function take(page: Page, url: string, { name, path, height, until }: Picture): Promise<string> {
  await page.setViewportSize({ width: WIDTH, height });
  await page.goto(url + path);
  await until(page);
  await page.waitForFunction("document.querySelector('.skeleton') === null");
  // What has arrived is drawn with the frame after the next.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const file = join(FOLDER, `console-${name}.png`);
  await page.screenshot({ path: file });
  const { size } = await stat(file);
  if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes; the limit is ${MOST_BYTES}. Show less on it.`);
  return `${file}  ${Math.round(size / 1000)} kB`;
}

const chromium = findChromium();
if (chromium === null) process.exitCode = 1;
else await takeScreenshots(chromium);
