import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGeneratorStand, type GeneratorStand } from '../../apps/generator/src/testing/generator-stand.js';
import { corpusForm, RunningTrainer } from '../../apps/trainer/src/testing/running-trainer.js';

const FOLDER = join(process.cwd(), 'dist/console');
/** Of the scripts that the first page needs, as they are sent. */
const MOST_FIRST_BYTES = 250_000;

describe('what the generator serves beside its API', () => {
  let ground: GeneratorStand;
  let trainer: RunningTrainer;
  let url: string;

  beforeAll(async () => {
    ground = await openGeneratorStand({ versions: 0 });
    trainer = await RunningTrainer.start(ground.environment['DATABASE_URL'] ?? '');
    url = (await ground.start({ TRAINER_URL: trainer.url })).url;
  });
  afterAll(async () => {
    await trainer.close();
    await ground.close();
  });

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + path, { headers: { authorization: `Bearer ${ground.keys.training}`, ...headers } });

  it.each(['/', '/runs', '/versions/ft%3Asmall%3Ax%3A12345678'])(
    'is the start page of the console at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/html');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const html = await response.text();
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    },
  );

  it.each([
    '/v1/nothing',
    '/v1/fine_tuningx',
    '/health/nothing',
    '/assets/nothing.js',
    '/nothing.txt',
    '/metrics/x',
    '/docs/x',
  ])('is an error of the API at %s, never the page of the console', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe('not_found');
  });

  it('are files that stay for ever, compressed as the client takes them', async () => {
    const script = readdirSync(join(FOLDER, 'assets')).find((name) => name.endsWith('.js')) ?? '';
    for (const [accepted, encoding] of [
      ['br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const response = await get(`/assets/${script}`, { 'accept-encoding': accepted });
      expect(response.headers.get('content-encoding')).toBe(encoding);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect(await response.text()).toBe(readFileSync(join(FOLDER, 'assets', script), 'utf8'));
    }
  });

  it(`needs at most ${MOST_FIRST_BYTES / 1000} kB of scripts for its first page`, () => {
    const html = readFileSync(join(FOLDER, 'index.html'), 'utf8');
    const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, name = '']) => name);
    const overview = readdirSync(join(FOLDER, 'assets')).filter((name) => /^(overview-page|chart)-.*\.js$/.test(name));
    const files = new Set([...first, ...overview.map((name) => `assets/${name}`)]);
    const bytes = [...files].reduce((total, name) => total + statSync(join(FOLDER, `${name}.gz`)).size, 0);
    expect(files.size).toBeGreaterThan(1);
    expect(bytes).toBeLessThan(MOST_FIRST_BYTES);
  });

  it('hands uploads, their answers and their errors on to the trainer, with the same keys', async () => {
    const send = (key: string): Promise<Response> =>
      fetch(`${url}/v1/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: corpusForm('A text. '.repeat(200_000)),
      });
    const uploaded = (await (await send(ground.keys.training)).json()) as { id: string; bytes: number };
    expect(uploaded.bytes).toBe(1_600_000);
    expect(await (await get(`/v1/files/${uploaded.id}/content`)).text()).toBe('A text. '.repeat(200_000));
    expect((await send('sk-wrong')).status).toBe(401);
    expect((await send(ground.keys.completions)).status).toBe(403);
    const missing = await get('/v1/files/file-none');
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'file_not_found' } }]);
    const refused = await fetch(`${url}/v1/fine_tuning/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ground.keys.training}`, 'content-type': 'application/json' },
      body: '{"model": 5}',
    });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
  });

  it('says so when the trainer is away, or was never named', async () => {
    // A port that was free a moment ago: nobody listens there.
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    for (const environment of [{ TRAINER_URL: `http://127.0.0.1:${port}` }, {}]) {
      const replica = await ground.start(environment);
      const response = await fetch(`${replica.url}/v1/fine_tuning/jobs?limit=1`);
      expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'trainer_unavailable' } }]);
      expect(response.headers.get('retry-after')).toBe('2');
    }
  });

  it.each(['completions', 'training', 'admin'] as const)('tells a key for %s whom it belongs to', async (scope) => {
    const headers = { authorization: `Bearer ${ground.keys[scope]}` };
    const me = (await (await fetch(`${url}/v1/me`, { headers })).json()) as object;
    expect(me).toMatchObject({
      object: 'key_owner',
      scopes: expect.arrayContaining([scope]) as string[],
      deployment: 'production',
    });
    expect((await fetch(`${url}/v1/me`)).status).toBe(401);
  });
});
