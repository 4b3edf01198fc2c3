import { afterAll, beforeAll, describe, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand } from '../../apps/generator/src/testing/generator-stand.js';
import { ALL_CHECKS } from '../conformance/all-checks.js';
import { ServerUnderTest } from '../conformance/server-under-test.js';

guardAgainstLeaks();

let stand: GeneratorStand;
let server: ServerUnderTest;

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 1 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', actor: 'test' });
  const replica = await stand.start();
  await replica.ready();
  server = new ServerUnderTest({ baseUrl: replica.url, key: stand.keys.completions, model: 'production' });
});

afterAll(() => stand.close());

describe('our server keeps every promise of the contract', () => {
  it.each(ALL_CHECKS.map((check) => ({ ...check, title: `${check.section}: ${check.name}` })))('$title', ({ run }) =>
    run(server),
  );
});
