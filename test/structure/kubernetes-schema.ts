import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';

/** An object of Kubernetes as it is written down. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Record<string, unknown>;
}

interface Model {
  validate(): void;
}

const require = createRequire(import.meta.url);

/** The documents of a file. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
    return document.toJS() as Manifest;
  });
}

/**
 * What Kubernetes' own schema has against a manifest: values that are wrong or missing, and fields that it does not know.
 * @see https://github.com/kubernetes/kubernetes/blob/master/api/openapi-spec/swagger.json
 */
export function findProblems(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const models = require(`kubernetes-models/${apiVersion}`) as Record<string, new (data: unknown) => Model>;
  const ModelOfKind = models[kind];
  if (ModelOfKind === undefined) return [`${apiVersion} has no ${kind}`];
  const read = new Set<string>();
  try {
    watchReads(new ModelOfKind(manifest), '', read).validate();
  } catch (error) {
    return [`${kind} ${manifest.metadata.name}: ${String(error)}`];
  }
  return listFields(manifest, '')
    .filter((path) => !read.has(path))
    .map((path) => `${kind} ${manifest.metadata.name} has the unknown field ${path}`);
}

/** The schema's validators ask for each field that they know: one that nobody has asked for is unknown. */
function watchReads<T extends object>(value: T, path: string, read: Set<string>): T {
  return new Proxy(value, {
    get(target, key, receiver) {
      const found: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return found;
      const inner = `${path}/${key}`;
      read.add(inner);
      return typeof found === 'object' && found !== null ? watchReads(found, inner, read) : found;
    },
  });
}

function listFields(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}/${key}`, ...listFields(inner, `${path}/${key}`)]);
}
