import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { tinyCorpus } from './index.js';

describe('tinyCorpus', () => {
  it('writes the same texts for the same seed and others for another', async () => {
    const corpora = await Promise.all([1, 1, 2].map((seed) => tinyCorpus({ documents: 2, words: 50, seed })));
    expect(corpora[0]?.texts).toEqual(corpora[1]?.texts);
    expect(corpora[0]?.texts).not.toEqual(corpora[2]?.texts);
    await Promise.all(corpora.map((corpus) => corpus.remove()));
  });

  it('writes as many files and words as were asked for, in sentences, and removes them', async () => {
    const corpus = await tinyCorpus({ documents: 4, words: 300 });
    expect(corpus.paths).toHaveLength(4);
    for (const [index, path] of corpus.paths.entries()) {
      const text = await readFile(path, 'utf8');
      expect(text).toBe(corpus.texts[index]);
      expect(text.split(/\s+/).length).toBeGreaterThanOrEqual(300);
      expect(text.split(/\s+/).length).toBeLessThan(400);
      expect(text).toMatch(/^[A-Z][a-z]+ .*[.?]\n$/s);
    }
    await corpus.remove();
    await expect(stat(corpus.folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
