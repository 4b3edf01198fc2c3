import { tinyCorpus } from '#testing';

/** Texts of two kinds, with the same words: a model that knows one of them only predicts the other badly. */
export interface DemoTexts {
  /** Documents of each kind, one string each. */
  readonly stories: readonly string[];
  readonly backwards: readonly string[];
}

/** Writes them; the same ones every time. */
export async function writeDemoTexts(): Promise<DemoTexts> {
  const corpus = await tinyCorpus({ documents: 12, words: 800, seed: 11 });
  await corpus.remove();
  const backwards = corpus.texts.map((text) =>
    text
      .split('\n\n')
      .map((paragraph) => sentencesOf([paragraph]).map(turnAround).join(' '))
      .join('\n\n'),
  );
  return { stories: corpus.texts, backwards };
}

/** The sentences of documents, as clients send them. */
export function sentencesOf(documents: readonly string[]): string[] {
  return documents.flatMap((text) => text.trim().split(/(?<=[.?])\s+/u)).filter((sentence) => sentence.length > 20);
}

/** The words from the last to the first; capital and full stop stay where they are. */
function turnAround(sentence: string): string {
  const words = sentence.toLowerCase().replace(/[.?]$/u, '').split(/\s+/u).reverse().join(' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
