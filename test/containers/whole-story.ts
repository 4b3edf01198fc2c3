import { tinyCorpus } from '#testing';
import type { ContainerStack, Service } from './container-stack.js';
import { FAST_POLICY } from './fast-policy.js';
import { StackClient } from './stack-client.js';
import { SteadyClients } from './steady-clients.js';
import { until } from './until.js';

/** Says what has happened. */
export type Tell = (line: string) => void;

const GENERATORS = 3;
const CLIENTS = 3;
const IN_A_ROW = 30;
/** Requests at a container that is killed are lost with it, and those that the gateway sends there before it has noticed. */
const LOST_AT_MOST = 4 * CLIENTS;

/** What is left of a story when it is over, for whoever comes back to it. */
export interface Ending {
  readonly version: string;
  readonly text: string;
  readonly timeline: readonly string[];
}

/**
 * Train, promote, complete, release what is worse, see it rolled back, promote it by hand, roll it back by hand.
 *
 * @param kills whether each container is killed once on the way
 * @throws Error when something does not happen that should
 */
export async function tellWholeStory(stack: ContainerStack, kills: boolean, tell: Tell): Promise<Ending> {
  const client = new StackClient(stack, await stack.adminKey());
  const corpus = await tinyCorpus({ documents: 8, words: 400, seed: kills ? 2 : 1 });
  await corpus.remove();
  const file = await client.upload(corpus.texts);
  const good = await trainGood(stack, client, file, kills, tell);
  await client.promote(good, { strategy: 'now' });
  await client.untilServedBy(GENERATORS, good);
  tell(`${GENERATORS} generators serve ${good}`);

  const sentences = corpus.texts.flatMap((text) => text.split(/(?<=\.)\s+/u)).filter((text) => text.length > 20);
  const clients = new SteadyClients(client, sentences, CLIENTS);
  try {
    await clients.untilGood(IN_A_ROW);
    if (kills) await killUnderLoad(stack, client, clients, tell);
    const calmSinceMs = performance.now();
    await releasePoor(client, file, good, tell);
    await clients.untilGood(IN_A_ROW);
    expectNone(clients.failuresSince(calmSinceMs).length, 'requests failed while nothing was killed');
  } finally {
    await clients.stop();
  }
  await goAndComeBack(client, good, tell);
  const { text } = await client.complete();
  const timeline = (await client.timeline()).map(({ id }) => id);
  return { version: good, text, timeline };
}

/** The queue is away when the job is made, and the trainer is killed while it trains. */
async function trainGood(
  stack: ContainerStack,
  client: StackClient,
  file: string,
  kills: boolean,
  tell: Tell,
): Promise<string> {
  const redis = await stack.container('redis');
  if (kills) await stack.kill(redis);
  const job = await client.train(file, { n_epochs: 20 });
  if (!kills) await expectQueueInRedis(stack, job, tell);
  if (kills) {
    await stack.start(redis);
    tell('redis was killed, and came back after the job had been taken');
    await client.untilTraining(job);
    const trainer = await stack.container('trainer');
    await stack.kill(trainer);
    await stack.start(trainer);
    tell('the trainer was killed while it trained');
  }
  const version = await client.untilTrained(job);
  tell(`${job} made ${version}`);
  return version;
}

/** The job is a key of Redis, and the database has no queue. */
async function expectQueueInRedis(stack: ContainerStack, job: string, tell: Tell): Promise<void> {
  const redis = await stack.container('redis');
  let keys: readonly string[] = [];
  await until(`${job} is in Redis`, async () => {
    keys = (await stack.inside(redis, 'redis-cli', '--scan', '--pattern', '*')).split('\n');
    return keys.some((key) => key.includes(job));
  });
  const query = `SELECT count(*) FROM pg_namespace WHERE nspname = 'bullmq'`;
  const ask = ['psql', '-U', 'understudy', '-d', 'understudy', '-Atc', query];
  const schemas = await stack.inside(await stack.container('postgres'), ...ask);
  if (schemas !== '0') throw new Error('PostgreSQL has a queue as well.');
  tell(`the queue is in Redis, ${keys.length} keys, and not in PostgreSQL`);
}

async function releasePoor(client: StackClient, file: string, good: string, tell: Tell): Promise<void> {
  const poor = await client.untilTrained(await client.train(file, { n_epochs: 1, learning_rate: 1e-6 }));
  await client.writePolicy('fast', FAST_POLICY);
  await client.promote(poor, { strategy: 'release', policy: 'fast' });
  const { state, reason } = await client.untilReleaseEnded();
  if (state !== 'rolled_back') throw new Error(`The release of a worse version ended as ${state}: ${String(reason)}`);
  tell(`a worse version was rolled back by itself: ${String(reason).slice(0, 120)}`);
  await client.untilServedBy(GENERATORS, good);
}

/** By hand: the other version, and back. */
async function goAndComeBack(client: StackClient, good: string, tell: Tell): Promise<void> {
  const other = (await client.versions()).find((version) => version !== good);
  if (other === undefined) throw new Error('There is no other version.');
  await client.promote(other, { strategy: 'now' });
  await client.untilServedBy(GENERATORS, other);
  await client.rollBack();
  await client.untilServedBy(GENERATORS, good);
  const { status, version } = await client.complete();
  if (status !== 200 || version !== good) throw new Error(`After the rollback ${String(version)} answers, ${status}.`);
  tell('another version was promoted and rolled back by hand');
}

async function killUnderLoad(
  stack: ContainerStack,
  client: StackClient,
  clients: SteadyClients,
  tell: Tell,
): Promise<void> {
  for (const generator of await stack.containers('generator')) {
    const sinceMs = performance.now();
    await stack.kill(generator);
    await clients.untilGood(IN_A_ROW);
    await stack.start(generator);
    await untilAnswering(stack, generator);
    const lost = clients.failuresSince(sinceMs).length;
    if (lost > LOST_AT_MOST) throw new Error(`${lost} requests failed when ${generator} was killed.`);
    tell(`${generator} was killed under load: ${lost} requests failed`);
  }
  await killAndAsk(stack, 'postgres', clients, client);
  tell('postgres was killed: completions went on without it, administration came back with it');
  const gateway = await stack.container('gateway');
  await stack.kill(gateway);
  await stack.start(gateway);
  await clients.untilGood(IN_A_ROW);
  tell('the gateway was killed');
  await stack.up('setup');
  await stack.untilSetUp();
  tell('the setup was done again');
}

/** While it is away completions go on; when it is back, so does what needs it. */
async function killAndAsk(
  stack: ContainerStack,
  service: Service,
  clients: SteadyClients,
  client: StackClient,
): Promise<void> {
  const container = await stack.container(service);
  const sinceMs = performance.now();
  await stack.kill(container);
  await clients.untilGood(IN_A_ROW);
  await stack.start(container);
  await until('administration works again', async () => (await client.incumbent()) !== null);
  expectNone(clients.failuresSince(sinceMs).length, `requests failed when ${service} was killed`);
}

/** Until it answers the clients' key, which it has to have seen while the database was there. */
async function untilAnswering(stack: ContainerStack, generator: string): Promise<void> {
  const request = {
    method: 'POST',
    headers: { authorization: `Bearer ${await stack.adminKey()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'production', prompt: 'the', max_tokens: 1 }),
  };
  const url = 'http://127.0.0.1:4000/v1/completions';
  const script = `fetch('${url}', ${JSON.stringify(request)}).then(({ status }) => console.log(status))`;
  await until(`${generator} answers`, async () => (await stack.inside(generator, 'node', '-e', script)) === '200');
}

function expectNone(count: number, what: string): void {
  if (count > 0) throw new Error(`${count} ${what}.`);
}
