import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks, registerVersion } from '#testing';
import { openReleaseStand, PERSON, type ReleaseStand } from '../releases/testing/release-stand.js';
import type { Lineage } from './lineage.js';

guardAgainstLeaks();
let stand: ReleaseStand;

beforeEach(async () => {
  stand = await openReleaseStand();
});
afterEach(() => stand.close());

/** Edges in words, such as `version serves deployment`. */
function drawn({ nodes, edges }: Lineage): string[] {
  const kinds = new Map(nodes.map(({ id, kind }) => [id, kind]));
  return edges.map(({ from, to, role }) => `${kinds.get(from)} ${role} ${kinds.get(to)}`).sort();
}

describe('the lineage of a version', () => {
  it('leads from its text over its run to its releases and what it serves', async () => {
    const { registry, incumbent, candidate } = stand;
    const { id } = await stand.open();
    expect(drawn(await registry.lineages.read(incumbent.id))).toEqual([
      'corpus trained on run',
      'run made version',
      'version incumbent of release',
      'version serves deployment',
    ]);
    const lineage = await registry.lineages.read(candidate.id);
    expect(drawn(lineage)).toEqual(['corpus trained on run', 'run made version', 'version candidate of release']);
    expect(lineage.nodes).toContainEqual(expect.objectContaining({ kind: 'release', id, state: 'shadow' }));
    expect(lineage).toMatchObject({ truncated: false });
  });

  it('goes back over every version that it was continued from, and on to those that continue it', async () => {
    const { registry, database, incumbent } = stand;
    const chain = [incumbent.id];
    // A version never changes: only the registration of one can name the version before.
    for (let number = 0; number < 10; number++) {
      const { id } = await registerVersion(registry, { baseVersionId: chain.at(-1)! });
      chain.push(id);
    }
    expect((await database.pool.query('SELECT 1 FROM model_versions WHERE base_version_id IS NOT NULL')).rowCount).toBe(
      10,
    );
    const ids = async (id: string): Promise<string[]> => {
      const { nodes } = await registry.lineages.read(id);
      return nodes.filter(({ kind }) => kind === 'version').map((node) => node.id);
    };
    expect(await ids(chain[2]!)).toEqual([chain[2], chain[1], chain[0], chain[3]]);
    expect(await registry.lineages.read(chain[3]!)).toMatchObject({ truncated: false });
    expect(await registry.lineages.read(chain[10]!)).toMatchObject({ truncated: true });
    expect((await ids(chain[10]!)).length).toBe(8);
  });

  it('is told of a version that was deleted, and of none that never was', async () => {
    const { registry } = stand;
    const { id } = await registerVersion(registry);
    await registry.deleteModelVersion(id, PERSON);
    const { nodes } = await registry.lineages.read(id);
    expect(nodes.find((node) => node.id === id)).toMatchObject({ deleted: true });
    await expect(registry.lineages.read('ft:none')).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('says what keeps a version from being deleted', async () => {
    const { registry, incumbent, candidate } = stand;
    const nothing = { deployment: null, release: null, trainingRun: null, upgradeExperiment: null };
    expect(await registry.lineages.findUse(candidate.id)).toEqual(nothing);
    const { id: release } = await stand.open();
    expect(await registry.lineages.findUse(candidate.id)).toEqual({ ...nothing, release });
    expect(await registry.lineages.findUse(incumbent.id)).toEqual({ ...nothing, release, deployment: 'production' });
  });
});
