import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import {
  openGeneratorStand,
  type GeneratorStand,
  type Replica,
} from '../../apps/generator/src/testing/generator-stand.js';
import { RunningTrainer } from '../../apps/trainer/src/testing/running-trainer.js';
import { startChromium } from './chromium.js';
import { ConsoleVisit } from './console-visit.js';

/** A generator with really trained versions, a trainer behind it, and a browser. */
export interface ConsoleStand {
  readonly ground: GeneratorStand;
  readonly generator: Replica;
  readonly trainer: RunningTrainer;
  /** A browser window of its own; signed in with the key unless that is null. */
  visit(key: string | null, options?: BrowserContextOptions): Promise<ConsoleVisit>;
  /** A request with a key, past the browser. */
  ask(path: string, options?: { readonly key?: string; readonly body?: unknown }): Promise<Response>;
  close(): Promise<void>;
}

/** Opens it; the first version is promoted. @param chromium path of the browser */
export async function openConsoleStand(
  chromium: string,
  options: { readonly versions: number },
): Promise<ConsoleStand> {
  const ground = await openGeneratorStand(options);
  const { DATABASE_URL = '', DATA_DIR = '' } = ground.environment;
  const trainer = await RunningTrainer.start(DATABASE_URL, { ARTIFACT_DIR: join(DATA_DIR, 'artifacts') });
  const generator = await ground.start({ TRAINER_URL: trainer.url });
  const [first] = ground.versions;
  if (first === undefined) throw new Error('A console stand needs a version.');
  await ground.registry.ensureDeployment('production');
  await ground.registry.promote({ deployment: 'production', versionId: first.id, actor: 'test' });
  await generator.ready();
  const browser: Browser = await startChromium(chromium);
  return {
    ground,
    generator,
    trainer,
    visit: (key, settings) => ConsoleVisit.begin(browser, generator.url, key, settings),
    ask: (path, { key = ground.keys.admin, body } = {}) =>
      fetch(generator.url + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async close() {
      await browser.close();
      await trainer.close();
      await ground.close();
    },
  };
}
