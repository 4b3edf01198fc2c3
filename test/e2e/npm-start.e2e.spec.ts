import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LauncherRun, listProcessesOf } from './launcher-run.js';

const READY = /Ctrl-C stops everything/;
const POLL_MS = 50;

let folder: string;
let dataDir: string;
let runs: LauncherRun[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-start-'));
  // PostgreSQL runs as a user of its own where the tests run as root.
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
  runs = [];
});

afterEach(async () => {
  await Promise.all(runs.map((run) => run.stop('SIGTERM')));
  await rm(folder, { recursive: true });
});

describe('npm start', () => {
  it('trains, serves, finds a verdict, stops without a process left, and serves again without training', async () => {
    const corpus = await writeCorpus();
    const first = start('--corpus', corpus, '--max-train-tokens', '4000');
    const url = await first.output(/Generator\s+(\S+)/);
    await first.output(READY);
    expect(first.stdout).toMatch(/Training "small" on 40 files of/);
    const version = await first.output(/Serving (ft:small:\S+) as "production"/);
    const key = (await readFile(join(dataDir, 'admin-key'), 'utf8')).trim();
    expect(first.stdout).toContain(key);
    expect((await stat(join(dataDir, 'admin-key'))).mode & 0o777).toBe(0o600);
    expect(await complete(url, key)).toMatch(/\S/);

    const parallel = await start().end();
    expect(parallel).toMatchObject({ code: 1, stderr: expect.stringContaining(`process ${first.pid}`) as string });
    expect(parallel.stderr.trim()).not.toContain('\n');

    await first.output(/Training "medium":/);
    expect(await complete(url, key)).toMatch(/\S/);
    const verdict = await first.output(/Verdict: (\w+)\./);
    const report = await readFile(await first.output(/The report, with every rule and sample texts: (\S+)/), 'utf8');
    expect(report).toContain(verdict.replaceAll('_', ' '));
    expect(await get(url, '/v1/admin/deployments/production')).toMatchObject({ incumbent: version });

    expect(await first.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
    expect(listProcessesOf(dataDir)).toEqual([]);

    const second = start('--corpus', corpus);
    await second.output(READY);
    expect(await second.output(/Serving (ft:small:\S+) as/)).toBe(version);
    expect(second.stdout).not.toMatch(/Training|^API key/m);
    expect(await second.stop('SIGTERM')).toMatchObject({ code: 0 });
    expect(listProcessesOf(dataDir)).toEqual([]);
  });

  it('goes on with a training that Ctrl-C interrupted', async () => {
    const corpus = await writeCorpus();
    const first = start('--corpus', corpus, '--max-train-tokens', '80000');
    await first.output(/% {2}training/);
    expect(await first.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
    expect(listProcessesOf(dataDir)).toEqual([]);

    const second = start();
    expect(await second.output(/Going on with the training (ftjob-\S+)\./)).toMatch(/^ftjob-/);
    await second.output(READY);
    expect(second.stdout).toMatch(/Serving ft:small:/);

    // Now in the middle of the second model: what serves does so at once, and the experiment goes on.
    await second.output(/Training "medium":\n[^]*% {2}training/);
    expect(await second.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
    const third = start();
    await third.output(READY);
    await third.output(/Training "medium":/);
    expect(third.stdout).not.toMatch(/Training "small"/);
  });

  it('trains one model where no experiment is wanted', async () => {
    const run = start('--corpus', await writeCorpus(), '--max-train-tokens', '4000', '--no-experiment');
    await run.output(READY);
    const url = await run.output(/Trainer\s+(\S+)/);
    expect(await get(url, '/v1/upgrade-experiments')).toMatchObject({ data: [] });
    expect(await get(url, '/v1/fine_tuning/jobs')).toMatchObject({ data: [{ model: 'small', status: 'succeeded' }] });
  });

  it('leaves no process behind when it is killed, and starts again', async () => {
    const first = start('--no-train');
    await first.output(READY);
    await first.stop('SIGKILL');
    // The services notice the end of the launcher by themselves.
    while (listProcessesOf(dataDir).length > 0) await delay(POLL_MS);
    await start('--no-train').output(READY);
  });

  it('shows the end of the log of a service that dies, and stops the rest', async () => {
    const run = start('--no-train');
    const url = await run.output(/Generator\s+(\S+)/);
    await run.output(READY);
    const { pid } = await generatorReplica(url);
    process.kill(pid, 'SIGKILL');
    const end = await run.end();
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/The generator ended by itself \(SIGKILL\)\. The end of its log, .*generator\.log:/);
    expect(listProcessesOf(dataDir)).toEqual([]);
  });

  it.each([
    ['an empty folder', async (path: string) => await mkdir(path), /no \.txt or \.md file/],
    ['a folder that is not there', async () => await Promise.resolve(), /does not exist/],
    [
      'a binary file',
      async (path: string) => {
        await mkdir(path);
        await writeFile(join(path, 'a.txt'), Buffer.from([1, 0, 2]));
      },
      /is not text in UTF-8/,
    ],
  ])('refuses %s as a corpus in one line, before anything is started', async (_, prepare, message) => {
    const corpus = join(folder, 'corpus');
    await prepare(corpus);
    const end = await start('--corpus', corpus).end();
    expect(end).toMatchObject({ code: 1, stderr: expect.stringMatching(message) as string });
    expect(end.stderr.trim()).not.toContain('\n');
    expect(await readdir(folder)).not.toContain('data');
  });

  it('refuses twenty words as a corpus and leaves no file of it behind', async () => {
    const corpus = join(folder, 'corpus');
    await mkdir(corpus);
    await writeFile(join(corpus, 'a.txt'), 'only a few words '.repeat(5));
    const end = await start('--corpus', corpus).end();
    expect(end.code).toBe(1);
    expect(end.stderr.trim()).toMatch(/^The training ftjob-\S+ failed: [^\n]+$/);
    const again = start('--no-train');
    const url = await again.output(/Trainer\s+(\S+)/);
    expect(await get(url, '/v1/files')).toMatchObject({ data: [] });
  });

  it('refuses a port that is in use, naming the option that changes it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const end = await start('--generator-port', String(port)).end();
    server.close();
    expect(end).toMatchObject({ code: 1 });
    expect(end.stderr).toMatch(
      new RegExp(`^Port ${port} on 127.0.0.1 is in use by another program.*--generator-port N\n$`),
    );
    expect(listProcessesOf(dataDir)).toEqual([]);
  });

  it('refuses a data folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    dataDir = join(folder, 'file', 'data');
    const end = await start().end();
    expect(end).toMatchObject({ code: 1 });
    expect(end.stderr).toMatch(/^The data folder .* cannot be written to by .*--data-dir FOLDER\.\n$/);
  });

  it('refuses an unknown preset before anything is started', async () => {
    const end = await start('--preset', 'tiny').end();
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr).toMatch(/^There is no preset "tiny"\. Presets: small[^\n]*\n$/);
    expect(await readdir(folder)).not.toContain('data');
  });

  it('refuses an unknown option in one line with exit code 2', async () => {
    const end = await start('--corpsu', 'x').end();
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/^Unknown option '--corpsu'[^\n]*\n$/);
  });
});

function start(...options: string[]): LauncherRun {
  const run = new LauncherRun(dataDir, options);
  runs.push(run);
  return run;
}

/** Forty short documents with words that follow each other in a learnable way. */
async function writeCorpus(): Promise<string> {
  const corpus = join(folder, 'corpus');
  await mkdir(corpus);
  const animals = ['cat', 'dog', 'hen', 'fox', 'owl'];
  for (let document = 0; document < 40; document++) {
    const sentences = Array.from({ length: 60 }, (_, index) => {
      const animal = animals[(document * 7 + index * 3) % animals.length] ?? 'cat';
      return `The ${animal} sat on the mat and looked at page ${document * 60 + index}.`;
    });
    await writeFile(join(corpus, `${String(document).padStart(2, '0')}.txt`), sentences.join('\n'));
  }
  return corpus;
}

async function complete(url: string, key: string): Promise<string> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'production', prompt: 'The cat', max_tokens: 20, seed: 1 }),
  });
  expect(response.status).toBe(200);
  const { choices } = (await response.json()) as { choices: { text: string }[] };
  return choices[0]?.text ?? '';
}

async function generatorReplica(url: string): Promise<{ pid: number }> {
  const { data } = (await get(url, '/v1/admin/replicas')) as { data: { pid: number }[] };
  return data[0] ?? { pid: -1 };
}

async function get(url: string, path: string): Promise<unknown> {
  const key = (await readFile(join(dataDir, 'admin-key'), 'utf8')).trim();
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return await response.json();
}
