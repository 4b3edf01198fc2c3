import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser } from 'playwright-core';

/** Where Debian, and others, put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The browser of this machine; null where there is none, which is said aloud, because then nothing of the console is tested. */
export function findChromium(): string | null {
  const found = PLACES.find((path) => existsSync(path)) ?? null;
  if (found === null)
    process.stderr.write(
      `\n*** No Chromium at ${PLACES.join(', ')}: the tests of the console DO NOT RUN. apt-get install chromium ***\n\n`,
    );
  return found;
}

/** Starts it, without a window. */
export async function startChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

/** The source of axe, to be run in a page. */
export const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
