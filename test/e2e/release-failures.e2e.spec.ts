import 'reflect-metadata';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { startReleaseLoad, type ReleaseLoad } from './release-load.js';
import { ReleaseStand } from './release-stand.js';

guardAgainstLeaks();

const MAIN = fileURLToPath(new URL('../../apps/generator/src/main.js', import.meta.url));
const PATIENT = { timeout: 60_000, interval: 50 };

/** A generator of its own process. */
interface Generator {
  readonly child: ChildProcess;
  readonly url: string;
  /** Whether it has said that it judges. */
  isJudge: boolean;
}

let stand: ReleaseStand;
let generators: Generator[] = [];
let load: ReleaseLoad | null = null;

beforeAll(async () => {
  stand = await ReleaseStand.open();
  await stand.ground.registry.ensureDeployment('production');
});

afterEach(async () => {
  await load?.stop();
  load = null;
  await Promise.all(generators.map(({ child }) => kill(child)));
  generators = [];
  await stand.settle();
});

afterAll(() => stand.close());

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Starts a generator; fulfilled once it serves. */
async function start(): Promise<Generator> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...stand.ground.environment, GENERATOR_PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let url = '';
  const generator = await new Promise<Generator>((resolve) => {
    const found: { child: ChildProcess; url: string; isJudge: boolean } = { child, url: '', isJudge: false };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { msg: string; url?: string };
      url = entry.url ?? url;
      found.url = url;
      if (entry.msg.startsWith('judges the releases')) found.isJudge = true;
      if (entry.msg === 'switched') resolve(found);
    });
  });
  generators.push(generator);
  return generator;
}

function startLoad(sentences: readonly string[]): ReleaseLoad {
  const urls = generators.map(({ url }) => url);
  load = startReleaseLoad({ urls, key: stand.ground.keys.completions, sentences, clients: 2 * urls.length });
  return load;
}

async function served(url: string): Promise<string | null> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.ground.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'production', prompt: 'The old', max_tokens: 2 }),
  });
  await response.text();
  return response.headers.get('x-model-version');
}

describe('when the judge is killed', () => {
  it('another one takes over within seconds and rolls the candidate back; those who are left answer everybody', async () => {
    const { whole, poor } = stand.models;
    await stand.promote(whole);
    const [first] = [await start(), await start()];
    await expect.poll(() => generators.some(({ isJudge }) => isJudge), PATIENT).toBe(true);
    const judge = generators.find(({ isJudge }) => isJudge) ?? first;
    const other = generators.find((generator) => generator !== judge) ?? first;
    // Nothing to judge by yet.
    const release = await stand.release(poor);
    await kill(judge.child);
    await expect.poll(() => other.isJudge, PATIENT).toBe(true);
    generators = generators.filter((generator) => generator !== judge);
    const { answers } = startLoad(stand.sentences);
    const ended = await stand.reach(release, 'rolled_back');
    expect(ended.incumbentVersionId).toBe(whole.id);
    expect(await served(other.url)).toBe(whole.id);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe('when a replica is killed while versions change', () => {
  it('it serves what the others serve when it comes back, and takes part in the release', async () => {
    const { whole, narrow } = stand.models;
    await stand.promote(whole);
    const [stays, dies] = [await start(), await start()];
    await stand.promote(narrow);
    await kill(dies.child);
    generators = [stays];
    await expect.poll(() => served(stays.url), PATIENT).toBe(narrow.id);
    const back = await start();
    expect(await served(back.url)).toBe(narrow.id);

    const candidate = await stand.copy(narrow);
    startLoad(stand.sentences);
    const release = await stand.release(candidate);
    await stand.reach(release, 'completed');
    for (const { url } of generators) await expect.poll(() => served(url), PATIENT).toBe(candidate.id);
    expect(load?.answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});
