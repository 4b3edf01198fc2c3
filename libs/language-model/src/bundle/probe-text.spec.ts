import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProbeText, PROBE_FILE } from './probe-text.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-probe-'));
});
afterAll(() => rm(folder, { recursive: true }));

const WHOLE = { format: 'understudy-probe', version: 1, texts: [[1, 2, 3], [4]], lossNats: 2.5 };

describe('the probe of a bundle', () => {
  it('may be missing, as in bundles that were written before there were probes', async () => {
    expect(await readProbeText(folder, 5)).toBeNull();
  });

  it('is read as it was written', async () => {
    await writeFile(join(folder, PROBE_FILE), JSON.stringify(WHOLE));
    expect(await readProbeText(folder, 5)).toEqual(WHOLE);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', null],
    ['another format', { ...WHOLE, format: 'x' }],
    ['another version', { ...WHOLE, version: 2 }],
    ['no loss', { ...WHOLE, lossNats: null }],
    ['texts that are none', { ...WHOLE, texts: 'abc' }],
    ['an empty text', { ...WHOLE, texts: [[]] }],
    ['an id outside of the vocabulary', { ...WHOLE, texts: [[5]] }],
    ['an id that is no integer', { ...WHOLE, texts: [[1.5]] }],
  ])('is refused when it is %s', async (_what, contents) => {
    await writeFile(join(folder, PROBE_FILE), typeof contents === 'string' ? contents : JSON.stringify(contents));
    await expect(readProbeText(folder, 5)).rejects.toMatchObject({ code: 'bundle_corrupt' });
  });
});
