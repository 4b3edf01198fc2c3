import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectEncoding, readText } from './read-text.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-text-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function read(bytes: Buffer): Promise<{ encoding: string | null; isNoted: boolean; text: string }> {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const { encoding, note } = await detectEncoding(path);
  let text = '';
  if (encoding !== null) for await (const piece of readText(path, encoding)) text += piece;
  return { encoding, isNoted: note !== null, text };
}

const SENTENCE = 'Le café naïf coûte 5 £. ';

describe('detectEncoding and readText', () => {
  it('read UTF-8 with and without byte order mark', async () => {
    expect(await read(Buffer.from(SENTENCE))).toEqual({ encoding: 'utf-8', isNoted: false, text: SENTENCE });
    expect(await read(Buffer.from('\uFEFF' + SENTENCE))).toEqual({ encoding: 'utf-8', isNoted: false, text: SENTENCE });
  });

  it('read UTF-16 with a byte order mark in either order', async () => {
    const little = Buffer.from('\uFEFF' + SENTENCE, 'utf16le');
    expect(await read(little)).toEqual({ encoding: 'utf-16le', isNoted: true, text: SENTENCE });
    expect(await read(Buffer.from(little).swap16())).toEqual({ encoding: 'utf-16be', isNoted: true, text: SENTENCE });
  });

  it('read western European text that is not UTF-8 as windows-1252', async () => {
    expect(await read(Buffer.from(SENTENCE, 'latin1'))).toEqual({
      encoding: 'windows-1252',
      isNoted: true,
      text: SENTENCE,
    });
  });

  it('read UTF-8 with a few broken bytes as UTF-8', async () => {
    const broken = Buffer.concat([Buffer.from(SENTENCE.repeat(10)), Buffer.from([0xe2, 0x80])]);
    expect(await read(broken)).toMatchObject({
      encoding: 'utf-8',
      isNoted: true,
      text: `${SENTENCE.repeat(10)}\uFFFD`,
    });
  });

  it.each([
    ['zero bytes', Buffer.from('text\0text')],
    ['UTF-16 without byte order mark', Buffer.from(SENTENCE, 'utf16le')],
    ['control characters', Buffer.from(Array.from({ length: 400 }, (_, index) => 1 + (index % 31)))],
    ['mostly high bytes', Buffer.from(Array.from({ length: 400 }, (_, index) => 0xc0 + (index % 50)))],
  ])('refuse %s as text', async (_, bytes) => {
    expect(await read(bytes)).toMatchObject({ encoding: null, isNoted: true });
  });

  it('turn every line end into one line feed, also across the pieces of a large file', async () => {
    const line = `${'x'.repeat(1022)}\r\n`;
    const { text } = await read(Buffer.from(`${'y'.repeat(1)}${line.repeat(1025)}a\rb\r`));
    expect(text).toBe(`y${line.replace('\r', '').repeat(1025)}a\nb\n`);
  });

  it('decode characters that lie across the pieces of a large file', async () => {
    const text = 'x' + '😀'.repeat(300_000);
    expect((await read(Buffer.from(`${'word '.repeat(300_000)}${text}`))).text.endsWith(text)).toBe(true);
  });
});
