import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lineage } from '../../serving/serving-types.js';
import { layOutLineage, NODE_HEIGHT, NODE_WIDTH } from './lay-out-lineage.js';

type Graph = Pick<Lineage, 'nodes' | 'edges'>;

function graph(edges: readonly (readonly [number, number])[], size: number): Graph {
  return {
    nodes: Array.from({ length: size }, (_, id) => ({
      kind: 'version',
      id: String(id),
      title: '',
      state: null,
      created_at: 0,
      deleted: false,
    })),
    edges: edges.map(([from, to]) => ({ from: String(from), to: String(to), role: 'made' })),
  };
}

/** Each comes from the other, which the service never says. */
const PAIR: readonly (readonly [number, number])[] = [
  [0, 1],
  [1, 0],
];

const GRAPHS = fc.integer({ min: 1, max: 25 }).chain((size) =>
  fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 40 }).map((pairs) =>
    graph(
      pairs.filter(([from, to]) => from < to),
      size,
    ),
  ),
);

describe('the drawing of a lineage', () => {
  it('has everything once, inside of it, and nothing upon anything else', () => {
    fc.assert(
      fc.property(GRAPHS, (lineage) => {
        const { nodes, edges, width, height } = layOutLineage(lineage);
        expect(nodes.map(({ node }) => node.id).sort()).toEqual(lineage.nodes.map(({ id }) => id).sort());
        expect(edges).toHaveLength(lineage.edges.length);
        for (const [index, { x, y }] of nodes.entries()) {
          expect(x >= 0 && y >= 0 && x + NODE_WIDTH <= width && y + NODE_HEIGHT <= height).toBe(true);
          for (const other of nodes.slice(index + 1))
            expect(Math.abs(other.x - x) >= NODE_WIDTH || Math.abs(other.y - y) >= NODE_HEIGHT).toBe(true);
        }
      }),
    );
  });

  it('goes from left to right', () => {
    fc.assert(
      fc.property(GRAPHS, (lineage) => {
        const places = new Map(layOutLineage(lineage).nodes.map(({ node, x }) => [node.id, x]));
        for (const { from, to } of lineage.edges) expect(places.get(from)).toBeLessThan(places.get(to) ?? 0);
      }),
    );
  });

  it('ends, even where things are said to come from each other', () => {
    const circle = graph(PAIR, 2);
    expect(layOutLineage(circle).nodes).toHaveLength(2);
  });
});
