import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardAgainstLeaks } from '#testing';
import { openGeneratorStand, type GeneratorStand } from '../../apps/generator/src/testing/generator-stand.js';

guardAgainstLeaks();

const MAIN = fileURLToPath(new URL('../../apps/generator/src/main.js', import.meta.url));

let stand: GeneratorStand;
let children: ChildProcess[];

beforeAll(async () => {
  stand = await openGeneratorStand({ versions: 1 });
  await stand.registry.ensureDeployment('production');
  await stand.registry.promote({ deployment: 'production', versionId: stand.versions[0]?.id ?? '', actor: 'test' });
});

afterAll(() => stand.close());

beforeEach(() => {
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts the generator as a process and gives its URL once it serves. */
async function start(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...stand.environment, GENERATOR_PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg: string; url?: string };
    url = entry.url ?? url;
    if (entry.msg === 'switched') break;
  }
  child.stdout.resume();
  return { child, url };
}

function complete(url: string, maxTokens: number): Promise<Response> {
  return fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.keys.completions}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'production',
      prompt: 'The old',
      temperature: 0,
      stream: true,
      max_tokens: maxTokens,
    }),
  });
}

describe.each(['SIGTERM', 'SIGINT'] as const)('a generator that gets %s', (signal) => {
  it('finishes what runs, takes nothing new, and exits with 0', async () => {
    const { child, url } = await start({ SHUTDOWN_GRACE_MS: '600000' });
    const response = await complete(url, 2000);
    const exit = once(child, 'exit');
    child.kill(signal);
    const text = await response.text();
    expect(text.endsWith('"finish_reason":"length"}]}\n\ndata: [DONE]\n\n')).toBe(true);
    expect(await exit).toEqual([0, null]);
    await expect(complete(url, 1)).rejects.toThrow();
  });

  it('cuts what would take longer than the deadline, and exits with 0', async () => {
    const { child, url } = await start({ SHUTDOWN_GRACE_MS: '100', MAX_COMPLETION_TOKENS: '1000000' });
    const response = await complete(url, 1_000_000);
    const exit = once(child, 'exit');
    child.kill(signal);
    await expect(response.text()).rejects.toThrow();
    expect(await exit).toEqual([0, null]);
  });
});

describe('a generator that cannot start', () => {
  it.each([
    ['a port that is taken', () => ({ GENERATOR_PORT: new URL(url).port }), /^port_in_use: Port \d+ on 127\.0\.0\.1 /],
    ['a bad setting', () => ({ MAX_BODY_BYTES: 'much' }), /^configuration_invalid: MAX_BODY_BYTES /],
    ['no database', () => ({ DATABASE_URL: '' }), /^configuration_invalid: DATABASE_URL /],
  ])('for %s says so in one line and exits with 1', async (_what, environment, line) => {
    ({ url } = await start());
    const child = spawn(process.execPath, [MAIN], {
      env: { ...stand.environment, LOG_LEVEL: 'silent', ...environment() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    children.push(child);
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  let url = '';
});
