import type { Lineage } from '../../serving/serving-types.js';

type Node = Lineage['nodes'][number];
type Edge = Lineage['edges'][number];

/** A thing of a lineage with its place, in pixels. */
export interface PlacedNode {
  readonly node: Node;
  readonly x: number;
  readonly y: number;
}

/** A line from one thing to another, as the path of an SVG. */
export interface PlacedEdge {
  readonly edge: Edge;
  readonly path: string;
}

/** A drawing of a lineage. */
export interface LineageDrawing {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

/** Size of the box of a node, in pixels. */
export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 58;

const GAP_X = 40;
const GAP_Y = 14;
const SWEEPS = 4;

/** Places everything to the right of what it came from, and near it. */
export function layOutLineage({ nodes, edges }: Pick<Lineage, 'nodes' | 'edges'>): LineageDrawing {
  const layers = layersOf(nodes, edges);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const layer of isForward ? layers.slice(1) : [...layers].reverse().slice(1)) {
      const places = new Map(layers.flatMap((each) => each.map((id, index) => [id, index - (each.length - 1) / 2])));
      sortByNeighbours(layer, edges, places, isForward);
    }
  }
  const tallest = Math.max(1, ...layers.map(({ length }) => length));
  const height = tallest * (NODE_HEIGHT + GAP_Y) - GAP_Y;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const placed = layers.flatMap((layer, column) =>
    layer.flatMap((id, row): PlacedNode[] => {
      const node = byId.get(id);
      const top = (height - (layer.length * (NODE_HEIGHT + GAP_Y) - GAP_Y)) / 2;
      return node ? [{ node, x: column * (NODE_WIDTH + GAP_X), y: top + row * (NODE_HEIGHT + GAP_Y) }] : [];
    }),
  );
  const width = layers.length * (NODE_WIDTH + GAP_X) - GAP_X;
  const places = new Map(placed.map((each) => [each.node.id, each]));
  return { nodes: placed, edges: edges.flatMap((edge) => placeEdge(edge, places)), width, height };
}

/** Ids by column: each stands right of all that it came from. */
function layersOf(nodes: readonly Node[], edges: readonly Edge[]): string[][] {
  const depth = new Map(nodes.map(({ id }) => [id, 0]));
  // As many rounds as there are nodes are enough, and end even if the edges went in a circle.
  for (let round = 0; round < nodes.length; round++) {
    let isSettled = true;
    for (const { from, to } of edges) {
      const next = (depth.get(from) ?? 0) + 1;
      if ((depth.get(to) ?? 0) >= next) continue;
      depth.set(to, next);
      isSettled = false;
    }
    if (isSettled) break;
  }
  const layers: string[][] = [];
  for (const { id } of nodes) (layers[Math.min(depth.get(id) ?? 0, nodes.length)] ??= []).push(id);
  return Array.from(layers, (layer: string[] | undefined) => layer ?? []).filter(({ length }) => length > 0);
}

function sortByNeighbours(
  layer: string[],
  edges: readonly Edge[],
  places: ReadonlyMap<string, number>,
  isForward: boolean,
): void {
  const middle = (id: string): number => {
    const near = edges.flatMap(({ from, to }) => {
      if (isForward ? to !== id : from !== id) return [];
      const place = places.get(isForward ? from : to);
      return place === undefined ? [] : [place];
    });
    return near.length === 0 ? (places.get(id) ?? 0) : near.reduce((sum, place) => sum + place, 0) / near.length;
  };
  const middles = new Map(layer.map((id) => [id, middle(id)]));
  layer.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
}

function placeEdge(edge: Edge, places: ReadonlyMap<string, PlacedNode>): PlacedEdge[] {
  const from = places.get(edge.from);
  const to = places.get(edge.to);
  if (from === undefined || to === undefined) return [];
  const [x1, y1] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + NODE_HEIGHT / 2];
  const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
  return [{ edge, path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }];
}
