import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ContainerEngine } from './container-engine.js';
import { ContainerStack } from './container-stack.js';
import { S3_SETTINGS, S3Store } from './s3-store.js';
import { StackClient } from './stack-client.js';
import { tellWholeStory, type Ending, type Tell } from './whole-story.js';

const USAGE = `npm run test:containers [-- options]

Builds the images, starts the compose file with three generators, Redis and PostgreSQL, and lets the whole story happen:
train, promote, complete, release, roll back. Then again, with each container killed once during it. Then a backup,
the end of everything, and a restore. Then the story once more with artifacts in a store that speaks S3. Needs docker with
compose, or podman with podman-compose.

  --no-build   take the images that are there
  --only-s3    play only the story with artifacts in S3
  --keep       leave everything running after a failure
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'no-build': { type: 'boolean', default: false },
      'only-s3': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const startedAtMs = performance.now();
  const tell: Tell = (line) => {
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
    process.stdout.write(`${seconds.padStart(5)} s  ${line}\n`);
  };
  const engine = await ContainerEngine.find();
  const stack = await ContainerStack.prepare(engine);
  tell(`with ${stack.engine.name}`);
  if (!values['no-build']) await stack.build();
  for (const [target, bytes] of Object.entries(await stack.imageSizes())) {
    tell(`image ${target}: ${(bytes / 2 ** 20).toFixed(0)} MiB`);
  }
  if (!values['only-s3']) await whileUp(stack, values.keep, () => tellStories(stack, tell));
  const withStore = await ContainerStack.prepare(engine, S3_SETTINGS);
  await whileUp(withStore, values.keep, async () => {
    await tellStoryWithStore(withStore, tell);
    tell('PASSED: the whole story, artifacts in S3');
  });
  return 0;
}

async function tellStories(stack: ContainerStack, tell: Tell): Promise<void> {
  await stack.up();
  await stack.untilUp();
  tell('everything was started and set up');
  await tellWholeStory(stack, false, tell);
  tell('PASSED: the whole story');
  const ending = await tellWholeStory(stack, true, tell);
  tell('PASSED: the whole story, each container killed once');
  await backUpAndRestore(stack, ending, tell);
  tell('PASSED: backup, destroy, restore');
}

/** Removes everything afterwards, unless it is to be kept when something failed. */
async function whileUp(stack: ContainerStack, keep: boolean, happen: () => Promise<void>): Promise<void> {
  let isPassed = false;
  try {
    await happen();
    isPassed = true;
  } finally {
    if (isPassed || !keep) await stack.destroy();
  }
}

/** Files and models are objects of the store, and the volume that the containers share has nothing but a cache. */
async function tellStoryWithStore(stack: ContainerStack, tell: Tell): Promise<void> {
  await stack.up('postgres', 'redis');
  const store = await S3Store.start(stack);
  try {
    await stack.up();
    await stack.untilUp();
    tell('everything was started beside a store that speaks S3');
    await tellWholeStory(stack, false, tell);
    const objects = await store.countObjects();
    const folder = await stack.inside(await stack.container('trainer'), 'ls', '/data/artifacts');
    if (objects === 0) throw new Error('There is nothing in the store.');
    if (folder !== 'cache') throw new Error(`Besides the cache the volume has ${folder}.`);
    tell(`${objects} objects are in the store, and only a cache is in the volume`);
  } finally {
    await store.close();
  }
}

/** Versions, history and key are back, and the same question is answered with the same words. */
async function backUpAndRestore(stack: ContainerStack, ending: Ending, tell: Tell): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-backup-'));
  try {
    const key = await stack.adminKey();
    await stack.backUp(folder);
    await stack.destroy();
    tell('everything was saved and destroyed, volumes included');
    await stack.restore(folder);
    await stack.up();
    await stack.untilUp();
    if ((await stack.adminKey()) !== key) throw new Error("The administrator's key is another one.");
    const client = new StackClient(stack, key);
    await client.untilServedBy(3, ending.version);
    const timeline = (await client.timeline()).map(({ id }) => id);
    if (timeline.join() !== ending.timeline.join()) throw new Error('The history is not what it was.');
    const { status, text } = await client.complete();
    if (status !== 200 || text !== ending.text) throw new Error(`The answer is ${status}, ${JSON.stringify(text)}.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (error instanceof Error && error.cause instanceof Error) process.stderr.write(`${String(error.cause.stack)}\n`);
  process.exitCode = 1;
}
