/** Longest run of words that is looked for, and how often it must come in a row: a word may well be said three times. */
const LONGEST_RUN = 8;
const TIMES = 3;
const TIMES_OF_ONE_WORD = 4;

/**
 * Whether a text is caught in a loop: the same run of one to eight words several times in a row.
 *
 * @example
 * repeatsItself('of the sea of the sea of the sea'); // true
 */
export function repeatsItself(text: string): boolean {
  const words = text.toLowerCase().match(/\S+/gu) ?? [];
  for (let run = 1; run <= LONGEST_RUN; run++) {
    const needed = run * ((run === 1 ? TIMES_OF_ONE_WORD : TIMES) - 1);
    let same = 0;
    for (let at = run; at < words.length; at++) {
      same = words[at] === words[at - run] ? same + 1 : 0;
      if (same >= needed) return true;
    }
  }
  return false;
}
