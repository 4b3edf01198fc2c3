import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GENERATOR_ENVIRONMENT, GENERATOR_NODE_ARGUMENTS, renderComposeSettings } from '#config';
import { root } from './source-files.js';

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly target: string };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly restart?: string;
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly profiles?: readonly string[];
}

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(composeText, { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

/** The instructions of a target, without the stages that it builds on. */
function stage(target: string): string {
  const [, rest = ''] = dockerfile.split(new RegExp(`^FROM \\S+ AS ${target}$`, 'm'));
  return rest.split(/^FROM /m)[0] ?? '';
}

describe('the compose file', () => {
  it('hands on every setting that it does not decide itself', () => {
    const [, written] = /(?<= # settings\n)([^]*)(?= {2}# \/settings)/.exec(composeText) ?? [];
    expect(written).toBe(renderComposeSettings());
  });

  it('builds targets that there are', () => {
    expect(ours.map(([, { build }]) => stage(build?.target ?? '')).filter((text) => text === '')).toEqual([]);
  });

  it('runs our services on a file system that they cannot write to, without capabilities, and starts them again', () => {
    expect(ours.length).toBeGreaterThan(3);
    for (const [name, service] of ours) {
      expect({ name, ...service }).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        restart: expect.stringMatching(/./) as string,
      });
    }
  });

  it('mounts volumes and files that there are', () => {
    const named = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const isPath = (source: string): boolean => source.startsWith('.');
    expect(named.filter((source) => !isPath(source) && !(source in compose.volumes))).toEqual([]);
    expect(named.filter((source) => isPath(source) && !existsSync(join(root, source)))).toEqual([]);
  });
});

describe('the image of the generator', () => {
  it('runs it as libs/config says that it is fastest', () => {
    for (const [name, value] of Object.entries(GENERATOR_ENVIRONMENT)) {
      expect(stage('generator')).toContain(`${name}=${value}`);
    }
    const command = ['node', ...GENERATOR_NODE_ARGUMENTS, 'dist/apps/generator/src/main.js'];
    expect(stage('generator')).toContain(`CMD ${JSON.stringify(command).replaceAll(',', ', ')}`);
  });
});

describe('every image', () => {
  it('says whether what runs in it is well', () => {
    const targets = [...new Set(ours.map(([, { build }]) => build?.target ?? ''))];
    expect(targets.filter((target) => !/^HEALTHCHECK /m.test(stage(target)))).toEqual([]);
  });

  it('is run by a user that is not root', () => {
    for (const [name, { build }] of ours) {
      const target = build?.target ?? '';
      const text = stage(target).includes('USER ') ? stage(target) : stage('service');
      expect([...text.matchAll(/^USER (\S+)/gm)].at(-1)?.[1], name).toMatch(/^(node|haproxy|1000:1000)$/);
    }
  });
});
