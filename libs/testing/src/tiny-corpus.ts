import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How much text to make. */
export interface TinyCorpusOptions {
  /** How many files; 3 when left out. */
  readonly documents?: number;
  /** Words in each file, about; 400 when left out. */
  readonly words?: number;
  /** The same seed gives the same texts. */
  readonly seed?: number;
}

/** Small texts in a folder of the test's own. */
export interface TinyCorpus {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly texts: readonly string[];
  remove(): Promise<void>;
}

/** Writes small English-like texts, in which a model has something to learn, into a new folder. */
export async function tinyCorpus(options: TinyCorpusOptions = {}): Promise<TinyCorpus> {
  const { documents = 3, words = 400, seed = 1 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'understudy-corpus-'));
  const random = generator(seed);
  const texts = Array.from({ length: documents }, () => writeDocument(words, random));
  const paths = texts.map((_, index) => join(folder, `document-${String(index + 1).padStart(3, '0')}.txt`));
  await Promise.all(texts.map((text, index) => writeFile(paths[index] as string, text)));
  return { folder, paths, texts, remove: () => rm(folder, { recursive: true, force: true }) };
}

type Random = () => number;

const ADJECTIVES = 'old small quiet bright tall grey young early distant simple warm careful'.split(' ');
const NOUNS =
  'captain garden river lamp letter window harbour doctor village road ship teacher bridge morning song'.split(' ');
const VERBS = 'watched carried found followed remembered opened crossed wanted left described'.split(' ');
const PLACES = 'near the sea|by the door|in the evening|after the rain|behind the house|at the market'.split('|');

function writeDocument(words: number, random: Random): string {
  const paragraphs: string[] = [];
  for (let written = 0; written < words;) {
    const paragraph = Array.from({ length: 3 + Math.floor(random() * 4) }, () => writeSentence(random)).join(' ');
    written += paragraph.split(' ').length;
    paragraphs.push(paragraph);
  }
  return `${paragraphs.join('\n\n')}\n`;
}

function writeSentence(random: Random): string {
  const place = random() < 0.5 ? ` ${pick(PLACES, random)}` : '';
  const subject = writePhrase(random);
  const sentence = `${subject} ${pick(VERBS, random)} ${writePhrase(random)}${place}`;
  const ending = random() < 0.1 ? ", didn't it?" : '.';
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${ending}`;
}

function writePhrase(random: Random): string {
  const adjective = random() < 0.4 ? `${pick(ADJECTIVES, random)} ` : '';
  return `the ${adjective}${pick(NOUNS, random)}`;
}

/** The first words come far more often than the last, as in real text. */
function pick(words: readonly string[], random: Random): string {
  return words[Math.floor(random() ** 2 * words.length)] as string;
}

/** Mulberry32: numbers from 0 up to but not including 1. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
