import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openGeneratorStand, type GeneratorStand, type Replica } from '../testing/generator-stand.js';

describe('the feed of changes', () => {
  let stand: GeneratorStand;
  let replica: Replica;

  beforeAll(async () => {
    stand = await openGeneratorStand({ versions: 1 });
    replica = await stand.start();
  });
  afterAll(() => stand.close());

  const follow = (url: string, key = stand.keys.admin): Promise<Response> =>
    fetch(`${url}/v1/admin/changes`, { headers: { authorization: `Bearer ${key}` } });

  /** What is read of a stream, as it comes; `ended` once it is over. */
  function read(response: Response): { text: string; ended: boolean } {
    const seen = { text: '', ended: false };
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    void (async () => {
      for (;;) {
        const part = await reader?.read();
        if (part?.done !== false) break;
        seen.text += part.value;
      }
      seen.ended = true;
    })();
    return seen;
  }

  it('tells every reader of each row that people look at, and of nothing else', async () => {
    const readers = (await Promise.all([follow(replica.url), follow(replica.url)])).map(read);
    await vi.waitFor(() => expect(readers.every(({ text }) => text.includes('from now on'))).toBe(true), {
      timeout: 20_000,
    });
    const [version] = stand.versions;
    await stand.registry.promote({ deployment: 'production', versionId: version?.id ?? '', actor: 'test' });
    const file = { filename: 'a.txt', sizeBytes: 1, sha256: '0'.repeat(64), purpose: 'fine-tune' };
    const corpus = await stand.registry.createCorpus(file);
    const run = await stand.registry.createTrainingRun({ corpusId: corpus.id, preset: 'small', seed: 1 });
    for (const [topic, id] of [
      ['deployment', 'production'],
      ['version', version?.id],
      ['corpus', corpus.id],
      ['run', run.id],
    ]) {
      const told = `event: change\ndata: ${JSON.stringify({ topic, id })}\n\n`;
      await vi.waitFor(() => expect(readers.every(({ text }) => text.includes(told))).toBe(true), { timeout: 20_000 });
    }
    const topics = (): unknown[] => {
      const told = readers.map(({ text }) => text).join('');
      return [...new Set([...told.matchAll(/"topic":"(\w+)"/g)].map(([, topic]) => topic))].sort();
    };
    // The replica tells what it serves with its next report.
    await vi.waitFor(() => expect(topics()).toContain('replica'), { timeout: 20_000 });
    expect(topics()).toEqual(['corpus', 'deployment', 'replica', 'run', 'version']);
  });

  it('is for administrators', async () => {
    expect((await follow(replica.url, stand.keys.training)).status).toBe(403);
  });

  it('ends when the service stops, which waits for no reader', async () => {
    const other = await stand.start();
    const seen = read(await follow(other.url));
    await vi.waitFor(() => expect(seen.text).toContain('from now on'));
    await other.app.close();
    await vi.waitFor(() => expect(seen.ended).toBe(true));
  });
});
