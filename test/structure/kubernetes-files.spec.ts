import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findProblems, readManifests, type Manifest } from './kubernetes-schema.js';
import { RENDERER, renderOverlay } from './kustomize.js';
import { root } from './source-files.js';

interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
  readonly images?: readonly { readonly name: string; readonly newName: string }[];
}

const folder = join(root, 'deploy/k8s');
const overlays = readdirSync(join(folder, 'overlays')).sort();

/** What a folder is made of, those that it builds on included; patches are not applied. */
function resourcesOf(path: string): Manifest[] {
  return readKustomization(path).resources.flatMap((resource) => {
    const full = join(path, resource);
    return resource.endsWith('.yaml') ? readManifests(readFileSync(full, 'utf8')) : resourcesOf(full);
  });
}

function readKustomization(path: string): Kustomization {
  return parse(readFileSync(join(path, 'kustomization.yaml'), 'utf8')) as Kustomization;
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

describe('a manifest that Kubernetes would refuse', () => {
  const [service] = readManifests(readFileSync(join(folder, 'base/trainer.yaml'), 'utf8')).slice(1);
  const good = service as Manifest;

  it('is found: a value of the wrong kind, one that is missing, a field that does not exist, a kind that does not exist', () => {
    expect(findProblems(good)).toEqual([]);
    const ports = [{ port: 'many' }];
    expect(findProblems({ ...good, spec: { ports } })).toEqual([expect.stringContaining('port')]);
    expect(findProblems({ ...good, spec: { ports: [{}] } })).toEqual([expect.stringContaining('port')]);
    expect(findProblems({ ...good, spec: { ...good.spec, sesionAffinity: 'None' } })).toEqual([
      'Service trainer has the unknown field /spec/sesionAffinity',
    ]);
    expect(findProblems({ ...good, kind: 'Servise' })).toEqual(['v1 has no Servise']);
  });
});

describe.each(overlays)('the overlay %s', (overlay) => {
  const path = join(folder, 'overlays', overlay);
  const resources = resourcesOf(path);

  it('is made of objects that the schema of Kubernetes allows, each once', () => {
    expect(resources.flatMap(findProblems)).toEqual([]);
    const names = resources.map(nameOf);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(
      expect.arrayContaining(['Deployment generator', 'StatefulSet trainer', 'Job setup', 'NetworkPolicy deny-all']),
    );
  });

  it('patches objects and containers that there are', () => {
    for (const { path: patch } of readKustomization(path).patches ?? []) {
      const [change, ...others] = readManifests(readFileSync(join(path, patch), 'utf8'));
      expect(others).toEqual([]);
      const patched = resources.find((resource) => nameOf(resource) === nameOf(change as Manifest));
      expect(patched?.apiVersion, patch).toBe(change?.apiVersion);
      expect(containerNames(patched)).toEqual(expect.arrayContaining(containerNames(change)));
    }
  });

  it('runs nothing as root, and nothing of ours on a file system that it can write to', () => {
    for (const { spec, kind, metadata } of resources.filter((resource) => podOf(resource) !== null)) {
      const pod = podOf({ spec } as Manifest);
      expect(pod?.securityContext, `${kind} ${metadata.name}`).toMatchObject({ runAsNonRoot: true });
      for (const { image, securityContext } of pod?.containers ?? []) {
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
        if (image?.startsWith('understudy-')) expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true });
      }
    }
  });

  it('names files that there are', () => {
    const { resources: files, patches = [] } = readKustomization(path);
    const missing = [...files, ...patches.map((patch) => patch.path)].filter((file) => !existsSync(join(path, file)));
    expect(missing).toEqual([]);
  });
});

describe.skipIf(RENDERER === null)(
  `an overlay as it is rendered${RENDERER === null ? ' (skipped: neither kustomize nor kubectl is here)' : ` by ${RENDERER[0]}`}`,
  () => {
    it.each(overlays)('is made of objects that the schema of Kubernetes allows: %s', (overlay) => {
      const rendered = readManifests(renderOverlay(join(folder, 'overlays', overlay)));
      expect(rendered.flatMap(findProblems)).toEqual([]);
      expect(new Set(rendered.map(nameOf)).size).toBe(rendered.length);
      expect(rendered.map(nameOf)).toEqual(expect.arrayContaining(['Deployment generator', 'StatefulSet trainer']));
      const inNamespace = rendered.filter(({ kind }) => kind !== 'Namespace');
      expect(new Set(inNamespace.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['understudy']));
      const settings = rendered.find(({ kind }) => kind === 'ConfigMap')?.metadata.name ?? 'none';
      expect(settings).toMatch(/^understudy-settings-/);
      for (const name of ['Deployment generator', 'StatefulSet trainer', 'Job setup']) {
        const [container] = podOf(rendered.find((resource) => nameOf(resource) === name))?.containers ?? [];
        expect(JSON.stringify(container), name).toContain(settings);
      }
    });

    it('trains on a GPU, in the image for it, where the overlay says so', () => {
      const rendered = readManifests(renderOverlay(join(folder, 'overlays/gpu')));
      const [container] =
        podOf(rendered.find((resource) => nameOf(resource) === 'StatefulSet trainer'))?.containers ?? [];
      expect(container).toMatchObject({
        image: 'registry.example.com/understudy-trainer-gpu:0.1.0',
        resources: { limits: { 'nvidia.com/gpu': '1' } },
      });
    });
  },
);

describe('the example of the secret', () => {
  it('is a Secret', () => {
    expect(readManifests(readFileSync(join(folder, 'secret.example.yaml'), 'utf8')).flatMap(findProblems)).toEqual([]);
  });
});

interface Pod {
  readonly securityContext?: object;
  readonly containers?: readonly {
    readonly name: string;
    readonly image?: string;
    readonly securityContext?: object;
  }[];
}

function podOf(manifest: Manifest | undefined): Pod | null {
  const template = manifest?.spec?.['template'] as { readonly spec?: Pod } | undefined;
  return template?.spec ?? null;
}

function containerNames(manifest: Manifest | undefined): string[] {
  return (podOf(manifest)?.containers ?? []).map(({ name }) => name);
}
