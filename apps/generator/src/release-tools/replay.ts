import { parseArgs } from 'node:util';
import { replayRelease, type Replay } from './replay-release.js';
import { withRegistry } from './with-registry.js';

const USAGE = `Usage: npm run release:replay -- ID [--json]

Adds the observations of a release once more and makes every recorded decision again. The exit code is 0 when statistics and decisions are
those on record, to the last bit.

DATABASE_URL and DATA_DIR are read as by the services, which may be running.
`;
const MAX_SHOWN = 10;

/** `npm run release:replay`. */
export async function replay(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const [id, ...rest] = positionals;
  if (values.help || id === undefined || rest.length > 0) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const result = await withRegistry((registry) => replayRelease(registry, id));
  process.stdout.write(values.json ? `${JSON.stringify(toJson(result))}\n` : render(result));
  return isSame(result) ? 0 : 1;
}

function isSame({ differences, decisions }: Replay): boolean {
  return differences.length === 0 && decisions.every((decision) => decision.differences.length === 0);
}

function render(result: Replay): string {
  const { release, observations, differences, decisions } = result;
  const lines = [
    `${release.id}: ${release.candidateVersionId} for ${release.deployment}, ${release.state}`,
    `${observations} observations give ${differences.length === 0 ? 'the statistics on record, bit for bit' : 'other statistics:'}`,
    ...indented(differences),
    ...decisions.flatMap(({ event, position, differences: found }) => [
      `${event.at.toISOString()}  ${event.kind} after ${position} observations: ${found.length === 0 ? 'the same again' : 'OTHERWISE'}`,
      `    ${event.message}`,
      ...indented(found),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function indented(differences: readonly string[]): string[] {
  const more = differences.length - MAX_SHOWN;
  return [...differences.slice(0, MAX_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].map((text) => `    ${text}`);
}

function toJson(result: Replay): object {
  const { release, observations, differences, decisions } = result;
  return {
    release: release.id,
    observations,
    same: isSame(result),
    differences,
    decisions: decisions.map(({ event, position, differences: found }) => ({
      event: event.id,
      kind: event.kind,
      position,
      differences: found,
    })),
  };
}
