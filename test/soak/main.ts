import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { drillKills, KILLS } from './kill-drill.js';

const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
const kills = readWhole('kills', values.kills, 200);
const seed = readWhole('seed', values.seed, randomInt(2 ** 31));

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const startedAtMs = Date.now();
say(`${kills} kills, seed ${seed}`);
const { referenceSha256, runs, kills: counts, overlaps } = await drillKills({ kills, seed, tell: say });
const differing = runs.filter(
  ({ state, versions, weightsSha256 }) => state !== 'succeeded' || versions !== 1 || weightsSha256 !== referenceSha256,
);
const attempts = runs.reduce((sum, run) => sum + run.attempts, 0);
say(
  `${runs.length} runs in ${attempts} attempts, ${KILLS.map((kill) => `${counts[kill]} kills of ${kill}`).join(', ')}, ${Math.round((Date.now() - startedAtMs) / 1000)} s, seed ${seed}`,
);
for (const run of differing) say(`not as without kills: ${JSON.stringify(run)}`);
for (const overlap of overlaps) say(`two at a time: ${overlap}`);
const passed = differing.length === 0 && overlaps.length === 0;
say(passed ? 'every run ended once, with the weights of the run without kills' : 'FAILED');
process.exit(passed ? 0 : 1);

function readWhole(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  process.stderr.write(`--${name} must be a whole number; got ${JSON.stringify(text)}.\n`);
  process.exit(2);
}
