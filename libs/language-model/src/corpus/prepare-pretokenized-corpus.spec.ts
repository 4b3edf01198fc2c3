import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCodedError } from '#errors';
import { preparePretokenizedCorpus } from './prepare-pretokenized-corpus.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'benchmark-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

describe('preparePretokenizedCorpus', () => {
  it('takes files as they were split, with the vocabulary of the training file', async () => {
    await write('train.txt', ' the cat sat . \n the <unk> sat . \n');
    await write('valid.txt', ' the dog sat . \n');
    await write('test.txt', ' The cat . \n');
    const { tokenizer, train, validation, test, report } = await preparePretokenizedCorpus({ folder });
    const textsOf = (ids: Uint16Array): string[] => [...ids].map((id) => tokenizer.tokenText(id));
    expect(textsOf(train.ids)).toEqual([
      '<doc>',
      'the',
      'cat',
      'sat',
      '.',
      '<eos>',
      'the',
      '<unk>',
      'sat',
      '.',
      '<eos>',
    ]);
    expect(textsOf(validation.ids)).toEqual(['<doc>', 'the', '<unk>', 'sat', '.', '<eos>']);
    expect(textsOf(test.ids)).toEqual(['<doc>', '<unk>', 'cat', '.', '<eos>']);
    expect(report).toMatchObject({
      train: { tokens: 10, unknownTokens: 1 },
      validation: { tokens: 5, unknownTokens: 1 },
      vocabularySize: 7,
    });
  });

  it('names the file that is missing or empty', async () => {
    await write('train.txt', 'the cat\n');
    await expect(preparePretokenizedCorpus({ folder })).rejects.toSatisfy(
      (error) => isCodedError(error, 'corpus_unreadable') && error.message.includes('valid.txt'),
    );
    await write('valid.txt', '');
    await expect(preparePretokenizedCorpus({ folder })).rejects.toSatisfy(
      (error) => isCodedError(error, 'corpus_too_small') && error.message.includes('valid.txt'),
    );
  });
});
