import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { checkCorpusText } from './check-corpus-text.js';
import type { CorpusFormat } from './corpus-format.js';

async function check(pieces: readonly (string | Uint8Array)[], format: CorpusFormat = 'text'): Promise<Buffer> {
  const source = Readable.from(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  const passed: Uint8Array[] = [];
  for await (const chunk of checkCorpusText(source, format)) passed.push(chunk);
  return Buffer.concat(passed);
}

describe('checkCorpusText', () => {
  it('passes the bytes on unchanged, wherever the pieces are cut', async () => {
    const bytes = Buffer.from('Ein Käfer 🪲 läuft.\n', 'utf8');
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await check([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(bytes);
    }
  });

  it('keeps a byte order mark', async () => {
    const bytes = Buffer.from('\uFEFFtext');
    expect(await check([bytes])).toEqual(bytes);
  });

  it.each([
    ['a NUL byte', [Buffer.from('text\0more')], /NUL byte at offset 4/],
    ['a NUL byte in a later piece', ['1234', Buffer.from('5\0')], /NUL byte at offset 5/],
    ['Latin-1', [Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x20, 0x61])], /not valid UTF-8/],
    ['a character that is cut off at the end', [Buffer.from('é').subarray(0, 1)], /not valid UTF-8/],
  ])('refuses %s as not text', async (_, pieces, message) => {
    await expect(check(pieces)).rejects.toMatchObject({
      code: 'corpus_not_text',
      param: 'file',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['no bytes', [], 'text'],
    ['only white space', [' \n\t', '\r\n'], 'text'],
    ['only blank lines', ['\n\n'], 'jsonl'],
    ['only documents without text', ['{"text": ""}\n{"text": "  "}'], 'jsonl'],
  ] as const)('refuses %s as empty', async (_, pieces, format) => {
    await expect(check(pieces, format)).rejects.toMatchObject({ code: 'corpus_empty' });
  });

  it.each([
    ['{"text": "a"}\nnot json\n', /Line 2 .* is not valid JSON/],
    ['{"text": "a"}\n\n[1]', /Line 3 .* is not a JSON object/],
    ['{"name": "a"}', /Line 1 .* has no "text"/],
    ['{"text": 5}', /Line 1 .* has no "text" that is a string/],
    ['{"text": "a", "name": {}}', /Line 1 .* "name" that is not a string/],
    ['null', /Line 1 .* is not a JSON object/],
  ])('names the line of a .jsonl file that is not a document: %j', async (text, message) => {
    await expect(check([text], 'jsonl')).rejects.toMatchObject({
      code: 'corpus_not_text',
      message: expect.stringMatching(message) as string,
    });
  });

  it('reads a .jsonl file the same way however it is cut', async () => {
    const bytes = Buffer.from('{"text": "ä\\n"}\r\n\n{"text": "b", "name": "ü"}');
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await check([bytes.subarray(0, cut), bytes.subarray(cut)], 'jsonl')).toEqual(bytes);
    }
  });
});
