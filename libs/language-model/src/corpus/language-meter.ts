/** Characters after which a text is long enough to be judged. */
const LEAST_CHARACTERS = 1_000;
/** Prose in any alphabet has 0.9 and more, source code 0.6 to 0.8, tables of numbers less. */
const LEAST_LETTERS = 0.6;
/** Prose has 4 to 6, German 6 to 7; base64 and writing without spaces between words far more. */
const LONGEST_MEAN_WORD = 15;

/** Counts what tells a language from tables, logs and encoded bytes, over pieces of any size. */
export class LanguageMeter {
  #letters = 0;
  #visible = 0;
  #words = 0;
  #inWord = false;

  push(text: string): void {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      const isSpace = code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
      if (isSpace) {
        this.#inWord = false;
        continue;
      }
      this.#visible++;
      if (!this.#inWord) this.#words++;
      this.#inWord = true;
      // Letters of ASCII, and what lies above it: signs are few there.
      if ((code | 32) >= 97 && (code | 32) <= 122) this.#letters++;
      else if (code >= 0xc0) this.#letters++;
    }
  }

  /** Why the text does not look like a language; null when it does, or when it is too short to tell. */
  verdict(): string | null {
    if (this.#visible < LEAST_CHARACTERS) return null;
    const letters = this.#letters / this.#visible;
    if (letters < LEAST_LETTERS) return `only ${Math.round(100 * letters)}% of its characters are letters`;
    const meanWord = this.#visible / this.#words;
    if (meanWord > LONGEST_MEAN_WORD) return `its words have ${Math.round(meanWord)} characters on average`;
    return null;
  }
}
