/** What stands in the lineage of a version. */
export type LineageKind = 'corpus' | 'run' | 'version' | 'release' | 'deployment';

/** A thing that a version was made of, or that was made of it. */
export interface LineageNode {
  readonly kind: LineageKind;
  readonly id: string;
  /** What people call it: the file, the preset with its number, the name of the deployment. */
  readonly title: string;
  /** Its state, by the words of its kind; null where it has none. */
  readonly state: string | null;
  /** When it was made. */
  readonly at: Date;
  /** Whether its bytes were given up. */
  readonly deleted: boolean;
}

/** What the two ends of an edge have to do with each other; it points from cause to effect. */
export type LineageRole =
  'trained on' | 'validated on' | 'made' | 'continued by' | 'candidate of' | 'incumbent of' | 'serves';

/** That one thing led to another. */
export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly role: LineageRole;
}

/** A version with what it came from and what came of it. */
export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** Whether something was left out because there was too much of it. */
  readonly truncated: boolean;
}

/** What needs the bytes of a version: one of each kind; while there is any, it cannot be deleted. */
export interface VersionUse {
  /** A deployment that it serves or that would be rolled back to it. */
  readonly deployment: string | null;
  /** A release that has not ended and compares it. */
  readonly release: string | null;
  /** A run that continues from it and has not ended. */
  readonly trainingRun: string | null;
  /** An upgrade experiment that compares it and has not ended. */
  readonly upgradeExperiment: string | null;
}
