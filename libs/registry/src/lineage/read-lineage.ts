import type { Database } from '#database';
import { findRecordedVersion } from '../model-versions/model-version.repository.js';
import { findDerivedVersions, findLineageVersion, findReleasesOf, type LineageVersion } from './lineage.repository.js';
import type { Lineage, LineageEdge, LineageNode, LineageRole } from './lineage.js';

/** How many versions back the versions are followed that it was continued from. */
const MAX_GENERATIONS = 8;
/** How many releases, and how many versions that were continued from it, are told of. */
const MAX_FOLLOWERS = 20;

/**
 * Walks from a version back through the versions that it was continued from, each with its run and its texts, and on to what
 * was continued from it, its releases and what it serves. Bounded whatever there is.
 *
 * @throws model_not_found
 */
export function readLineage(database: Database, versionId: string): Promise<Lineage> {
  return database.query(async (client) => {
    await findRecordedVersion(client, versionId);
    const graph = new Graph();
    let next: string | null = versionId;
    let child: string | null = null;
    for (let generation = 0; next !== null && generation < MAX_GENERATIONS; generation++) {
      const version: LineageVersion | null = await findLineageVersion(client, next);
      if (version === null) break;
      addVersion(graph, version);
      if (child !== null) graph.link(version.id, child, 'continued by');
      child = version.trainingRun?.id ?? version.id;
      // A run may continue from a checkpoint of another run, whose version is the generation before.
      next = version.baseVersionId ?? version.baseCheckpoint?.trainingRun.modelVersion?.id ?? null;
    }
    const derived = await findDerivedVersions(client, versionId, MAX_FOLLOWERS + 1);
    for (const version of derived.slice(0, MAX_FOLLOWERS)) {
      addVersion(graph, version);
      graph.link(versionId, version.trainingRun?.id ?? version.id, 'continued by');
    }
    const releases = await findReleasesOf(client, versionId, MAX_FOLLOWERS + 1);
    for (const release of releases.slice(0, MAX_FOLLOWERS)) {
      const { id, state, openedAt, candidateVersionId, deploymentName } = release;
      graph.add({ kind: 'release', id, title: deploymentName, state, at: openedAt, deleted: false });
      graph.link(versionId, id, candidateVersionId === versionId ? 'candidate of' : 'incumbent of');
    }
    const truncated = next !== null || derived.length > MAX_FOLLOWERS || releases.length > MAX_FOLLOWERS;
    return { ...graph.read(), truncated };
  });
}

function addVersion(graph: Graph, version: LineageVersion): void {
  const { id, preset, number, state, createdAt, deletedAt, trainingRun: run, servedBy } = version;
  graph.add({ kind: 'version', id, title: `${preset} #${number}`, state, at: createdAt, deleted: deletedAt !== null });
  for (const { name, updatedAt } of servedBy) {
    graph.add({ kind: 'deployment', id: name, title: name, state: null, at: updatedAt, deleted: false });
    graph.link(id, name, 'serves');
  }
  if (run === null) return;
  graph.add({ kind: 'run', id: run.id, title: run.preset, state: run.state, at: run.createdAt, deleted: false });
  graph.link(run.id, id, 'made');
  addCorpus(graph, run.corpus, run.id, 'trained on');
  if (run.validationCorpus) addCorpus(graph, run.validationCorpus, run.id, 'validated on');
}

type LineageCorpus = NonNullable<LineageVersion['trainingRun']>['corpus'];

function addCorpus(graph: Graph, corpus: LineageCorpus, runId: string, role: LineageRole): void {
  const { id, filename, status, createdAt, deletedAt } = corpus;
  graph.add({
    kind: 'corpus',
    id,
    title: filename,
    state: status,
    at: createdAt,
    deleted: deletedAt !== null,
  });
  graph.link(id, runId, role);
}

/** Each node once, however many ways lead to it. */
class Graph {
  readonly #nodes = new Map<string, LineageNode>();
  readonly #edges = new Map<string, LineageEdge>();

  add(node: LineageNode): void {
    this.#nodes.set(node.id, node);
  }

  link(from: string, to: string, role: LineageRole): void {
    this.#edges.set(`${from}\n${to}\n${role}`, { from, to, role });
  }

  read(): Pick<Lineage, 'nodes' | 'edges'> {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()] };
  }
}
