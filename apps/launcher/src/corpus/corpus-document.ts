/** A text to learn from; a corpus is held out by whole documents. */
export interface CorpusDocument {
  readonly name: string;
  readonly text: string;
}
