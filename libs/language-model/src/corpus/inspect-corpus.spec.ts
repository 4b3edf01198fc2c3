import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isCodedError } from '#errors';
import { tinyCorpus } from '#testing';
import { architectureOf, countParameters } from '../model/architecture.js';
import { resolveHyperparameters } from '../model/presets.js';
import { inspectCorpus, type CorpusInspection } from './inspect-corpus.js';

async function inspectTiny(words: number, documents = 4): Promise<CorpusInspection> {
  const corpus = await tinyCorpus({ words, documents });
  onTestFinished(() => corpus.remove());
  return inspectCorpus({ paths: [corpus.folder] });
}

describe('inspectCorpus', () => {
  it('holds the training tokens against the parameters that each preset would have with this vocabulary', async () => {
    const { corpus, presets } = await inspectTiny(2_000);
    expect(presets.map(({ preset }) => preset)).toEqual(['small', 'intermediate', 'medium']);
    for (const { preset, parameters, ratio, verdict, tokensMissing } of presets) {
      expect(parameters).toBe(
        countParameters(architectureOf(resolveHyperparameters(preset, {}), corpus.vocabularySize)),
      );
      expect(ratio).toBe(corpus.train.tokens / parameters);
      expect(corpus.train.tokens + tokensMissing).toBe(5 * parameters);
      expect(verdict).toBe('below_target');
    }
  });

  it('says the most important of it in a line', async () => {
    const { summary } = await inspectTiny(2_000);
    expect(summary).toMatch(
      /^4 documents, [\d,]+ training tokens, coverage 100\.0%; tokens per parameter: small 0\.\d\d \([\d,]+ more would make it 5\), intermediate .*, medium .*$/u,
    );
  });

  it('counts all findings and lists the first', async () => {
    const corpus = await tinyCorpus({ words: 200, documents: 3 });
    onTestFinished(() => corpus.remove());
    const paths = [corpus.folder, ...(await copies(corpus.texts[0] ?? '', 250))];
    const { corpus: report, findingCounts } = await inspectCorpus({ paths });
    expect(findingCounts.duplicate_dropped).toBe(250);
    expect(report.findings).toHaveLength(200);
  });

  it('finds nothing to train on in an empty text', async () => {
    await expect(inspectTiny(0, 1)).rejects.toSatisfy((error) => isCodedError(error, 'corpus_empty'));
  });
});

async function copies(text: string, count: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'copies-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const paths = Array.from({ length: count }, (_, index) => join(folder, `${index}.txt`));
  await Promise.all(paths.map((path) => writeFile(path, text)));
  return paths;
}
