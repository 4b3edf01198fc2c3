import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainingRun } from '#registry';
import { KillStand } from './kill-stand.js';
import { seededRandom } from '../../bench/seeded-random.js';
import { isAlive } from './trainer-process.js';

/** What is killed: the training process, the trainer, or the database server (stopped and started again). */
export const KILLS = ['child', 'worker', 'postgres'] as const;

/** One of {@link KILLS}. */
export type Kill = (typeof KILLS)[number];

/** How often, and when. */
export interface KillDrillOptions {
  readonly kills: number;
  /** Decides what is killed and after which time. */
  readonly seed: number;
  readonly tell: (line: string) => void;
}

/** A run that was killed. */
export interface DrilledRun {
  readonly id: string;
  readonly state: TrainingRun['state'];
  readonly attempts: number;
  /** How many model versions it has registered. */
  readonly versions: number;
  readonly weightsSha256: string | null;
  /** Why it failed. */
  readonly error: string | null;
}

/** What the kills have led to. */
export interface KillDrillResult {
  /** The weights of the run that nobody disturbed. */
  readonly referenceSha256: string;
  readonly runs: readonly DrilledRun[];
  readonly kills: Readonly<Record<Kill, number>>;
  /** Moments at which two training processes lived at the same time. */
  readonly overlaps: readonly string[];
}

/** A run that is lost five times in a row without progress fails, as it should; so one that was lost twice is left alone until it comes further. */
const FRUITLESS_ATTEMPTS = 3;
/** The longest time from the start of a training process to a kill. */
const LONGEST_WAIT_MS = 2_500;
/** How long a run may take from here to its end, on a machine that does much else. */
const PATIENCE_MS = 300_000;

/**
 * Trains the same model again and again while something is killed at random moments, and once in peace.
 *
 * @throws Error when a run is lost: it neither goes on nor ends
 */
export async function drillKills({ kills, seed, tell }: KillDrillOptions): Promise<KillDrillResult> {
  const output: string[] = [];
  const stand = await KillStand.open((line) => {
    output.push(line);
    if (output.length > 200) output.shift();
  });
  try {
    const inPeace = await finish(stand, await stand.queueRun());
    const referenceSha256 = inPeace.weightsSha256 ?? '';
    tell(`without a kill: ${inPeace.state}, weights ${referenceSha256}`);
    const ids: string[] = [];
    const counts = { child: 0, worker: 0, postgres: 0 };
    const random = seededRandom(seed);
    let deck: Kill[] = [];
    for (let done = 0; done < kills;) {
      await keepRunsOpen(stand, ids);
      if (deck.length === 0) deck = shuffled(KILLS, random);
      const kill = deck[0] as Kill;
      await sleep(random() * LONGEST_WAIT_MS);
      const id = await victim(stand);
      if (id === null || !(await carryOut(stand, kill))) continue;
      deck.shift();
      counts[kill]++;
      done++;
      tell(`${done}/${kills}: killed ${kill} in ${id}`);
    }
    const runs: DrilledRun[] = [];
    for (const id of ids) runs.push(await finish(stand, id));
    return { referenceSha256, runs, kills: counts, overlaps: stand.trainer.overlaps };
  } catch (error) {
    tell(output.join('\n'));
    throw error;
  } finally {
    await stand.close();
  }
}

/** Sees to it that two runs are open, and waits until one of them is trained. */
async function keepRunsOpen(stand: KillStand, ids: string[]): Promise<void> {
  const runs = await Promise.all(
    ids.slice(-2).map((id) => stand.persistently(() => stand.registry.getTrainingRun(id))),
  );
  const open = runs.filter(({ finishedAt }) => finishedAt === null).map(({ id }) => id);
  while (open.length < 2) {
    const id = await stand.queueRun();
    ids.push(id);
    open.push(id);
  }
  const first = open[0] as string;
  const since = stand.trainer.started.length;
  // Either a training process lives already, or the next one starts.
  await stand.until(
    first,
    (run) => run.finishedAt !== null || livesNow(stand) || stand.trainer.started.length > since,
    PATIENCE_MS,
  );
}

function livesNow({ trainer }: KillStand): boolean {
  const newest = trainer.started.at(-1);
  return newest !== undefined && isAlive(newest.childPid);
}

/** The run that is trained, as soon as it has come far enough to be killed; `null` when there is none any more. */
async function victim(stand: KillStand): Promise<string | null> {
  const { started } = stand.trainer;
  const newest = started.at(-1);
  if (newest === undefined) return null;
  const { trainingRunId } = newest;
  await stand.until(
    trainingRunId,
    (run) => run.fruitlessAttempts < FRUITLESS_ATTEMPTS || run.finishedAt !== null || started.at(-1) !== newest,
    PATIENCE_MS,
  );
  return started.at(-1) === newest && isAlive(newest.childPid) ? trainingRunId : null;
}

/** `false` when there was nothing to kill. */
async function carryOut(stand: KillStand, kill: Kill): Promise<boolean> {
  const { trainer } = stand;
  const newest = trainer.started.at(-1);
  if (newest === undefined || !isAlive(newest.childPid)) return false;
  switch (kill) {
    case 'child':
      process.kill(newest.childPid, 'SIGKILL');
      return true;
    case 'worker':
      await trainer.kill();
      await trainer.start();
      return true;
    case 'postgres':
      await stand.restartPostgres();
      return true;
  }
}

async function finish(stand: KillStand, id: string): Promise<DrilledRun> {
  const { state, attempt, modelVersionId, error } = await stand.until(
    id,
    ({ finishedAt }) => finishedAt !== null,
    PATIENCE_MS,
  );
  const { items } = await stand.persistently(() => stand.registry.listAudit({ limit: 100 }));
  const versions = items.filter(({ actor, action }) => actor === `job:${id}` && action === 'version.register').length;
  const weightsSha256 = modelVersionId === null ? null : await stand.weightsOf(modelVersionId);
  return { id, state, attempts: attempt, versions, weightsSha256, error: error?.message ?? null };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}
