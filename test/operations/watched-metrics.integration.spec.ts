import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceMetrics } from '#observability';
import { createTestDatabase, guardAgainstLeaks, type TestDatabase } from '#testing';
import { loadConfig } from '#config';
import { createGenerator } from '../../apps/generator/src/create-generator.js';
import { RunningTrainer } from '../../apps/trainer/src/testing/running-trainer.js';
import { readMetrics, readRunbooks } from './read-expressions.js';

guardAgainstLeaks();

/** What Prometheus adds to each sample that it takes, and the bound of a bucket. */
const FREE_LABELS = ['job', 'instance', 'le'];

let database: TestDatabase;
let generator: NestFastifyApplication;
let trainer: RunningTrainer;
/** The labels of each metric of both services, by the name that it has in queries. */
const offered = new Map<string, readonly string[]>();

beforeAll(async () => {
  database = await createTestDatabase();
  const { connectionString } = database;
  trainer = await RunningTrainer.start(connectionString);
  const config = loadConfig({ DATABASE_URL: connectionString, DATA_DIR: trainer.config.dataDir, LOG_LEVEL: 'silent' });
  generator = await createGenerator(config, connectionString);
  await generator.init();
  for (const app of [generator, trainer.app]) {
    for (const { name, type } of await app.get(ServiceMetrics).registry.getMetricsAsJSON()) {
      const { labelNames = [] } = app.get(ServiceMetrics).registry.getSingleMetric(name) as unknown as {
        labelNames?: readonly string[];
      };
      // prom-client names types by number in one place and by word in another.
      const isHistogram = String(type) === 'histogram';
      for (const suffix of isHistogram ? ['_bucket', '_sum', '_count'] : ['']) offered.set(name + suffix, labelNames);
    }
  }
});

afterAll(async () => {
  await generator.close();
  await trainer.close();
  await database.close();
});

describe('what dashboards and alert rules read', () => {
  it('is told by the services, with the labels that it is selected by', () => {
    const read = readMetrics();
    expect(read.length).toBeGreaterThan(50);
    const wrong = read.flatMap(({ where, name, labels }) => {
      const known = offered.get(name);
      if (known === undefined) return [`${where}: nobody tells ${name}`];
      return labels
        .filter((label) => !known.includes(label) && !FREE_LABELS.includes(label))
        .map((label) => `${where}: ${name} has no label ${label}`);
    });
    expect(wrong).toEqual([]);
  });

  it('is all that is special to the services: no metric of ours is on no dashboard', () => {
    const read = new Set(readMetrics().map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    const ours = [...offered.keys()].filter((name) => name.startsWith('understudy_'));
    expect(ours.filter((name) => !read.has(name.replace(/_(bucket|sum|count)$/, '')))).toEqual([]);
  });
});

describe('an alert', () => {
  it('sends people to a section that exists', () => {
    const operations = readFileSync('docs/operations.md', 'utf8');
    const anchors = [...operations.matchAll(/^#+ (.*)$/gm)].map(
      ([, heading = '']) =>
        `docs/operations.md#${heading
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .trim()
          .replace(/\s+/g, '-')}`,
    );
    expect(readRunbooks().length).toBeGreaterThan(10);
    expect(readRunbooks().filter((link) => !anchors.includes(link))).toEqual([]);
  });
});

describe('the dashboards', () => {
  it('are those that scripts/dashboards.mjs describes', async () => {
    const script = new URL('../../../scripts/dashboards.mjs', import.meta.url);
    const { dashboards } = (await import(script.href)) as { dashboards: () => Readonly<Record<string, object>> };
    for (const [file, dashboard] of Object.entries(dashboards()))
      expect(JSON.parse(readFileSync(`deploy/grafana/dashboards/${file}`, 'utf8'))).toEqual(dashboard);
  });
});
