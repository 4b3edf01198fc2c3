import { PretokenizedScanner } from './pretokenized-scanner.js';
import { type LexemeSink, TextScanner } from './text-scanner.js';
import type { Gap, TokenizerMode } from './token-forms.js';
import { CAPITAL_TOKEN, Casing, END_OF_LINE_TOKEN, PARAGRAPH_TOKEN, UPPER_TOKEN } from './token-forms.js';

/** Receives the tokens of a text in order, before they have ids. */
export interface TokenSink {
  /** A word in its vocabulary spelling. */
  word(text: string): void;
  mark(mark: string, left: Gap, right: Gap): void;
  /** A case marker, a paragraph break or a line end. */
  reserved(token: string): void;
  unknown(): void;
}

/** A scanner that reports what is a token in `mode`; used for text as it comes and for whole prompts alike. */
export function createScanner(mode: TokenizerMode, sink: TokenSink): TextScanner | PretokenizedScanner {
  const ignore = (): undefined => undefined;
  const unknown = (): void => {
    sink.unknown();
  };
  if (mode === 'pretokenized') {
    return new PretokenizedScanner({
      word: (text) => {
        sink.word(text);
      },
      endOfLine: () => {
        sink.reserved(END_OF_LINE_TOKEN);
      },
      unknown,
    });
  }
  if (mode === 'words') {
    const word: LexemeSink['word'] = (text, casing) => {
      sink.word(casing === Casing.Mixed ? text.toLowerCase().normalize('NFC') : text);
    };
    return new TextScanner({ word, punctuation: ignore, paragraphBreak: ignore, unknown });
  }
  return new TextScanner({
    word: (text, casing) => {
      if (casing === Casing.Capital) sink.reserved(CAPITAL_TOKEN);
      else if (casing === Casing.Upper) sink.reserved(UPPER_TOKEN);
      sink.word(text);
    },
    punctuation: (mark, left, right) => {
      sink.mark(mark, left, right);
    },
    paragraphBreak: () => {
      sink.reserved(PARAGRAPH_TOKEN);
    },
    unknown,
  });
}
