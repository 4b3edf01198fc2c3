const FENCE = /^\s{0,12}(?:[-*+]\s+|\d{1,9}[.)]\s+)?(`{3,}|~{3,})/u;
const HEADING = /^\s{0,3}#{1,6}(?:\s+|$)/u;
const SETEXT_OR_RULE = /^\s{0,3}(?:=+|(?:[-*_]\s*){3,})$/u;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?/u;
const QUOTE = /^\s{0,3}(?:>\s?)+/u;
const REFERENCE = /^\s{0,3}\[[^\]]{1,200}\]:\s/u;
const TABLE_RULE = /^\s*\|?[\s:|-]*-[\s:|-]*$/u;
const INDENTED = /^(?: {4}|\t)/u;
// An entry of a table of contents: nothing but a link within the page.
const CONTENTS_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+\[.{1,300}\]\(#[^)]{0,300}\)\s*$/u;
const DROPPED_ELEMENT = /<(script|style|pre|svg|table)\b/iu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&nbsp;': ' ',
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&apos;': "'",
  '&mdash;': '—',
  '&ndash;': '–',
  '&hellip;': '…',
};
const LONGEST_LINE = 1 << 16; // characters; a longer line is taken in pieces of this size
const LONGEST_FRONT_MATTER = 200; // lines

/** Inline markup, applied in order. All repetitions are bounded, so that a hostile line costs linear time. */
const INLINE: readonly (readonly [RegExp, string])[] = [
  [/!\[[^\]]{0,300}\](?:\([^)]{0,1000}\)|\[[^\]]{0,200}\])/gu, ''], // image
  [/\[\s*\]\([^)]{0,1000}\)/gu, ''], // link whose text was an image
  [/\[\^[^\]]{1,100}\]/gu, ''], // footnote mark
  [/\[((?:[^[\]]|\[[^[\]]{0,100}\]){1,500})\](?:\([^)]{0,1000}\)|\[[^\]]{0,200}\])/gu, '$1'], // link
  [/<\/?[A-Za-z][^<>]{0,500}>/gu, ''], // HTML tag or address
  [/<?\b(?:https?|ftp|mailto):[^\s<>)\]]{1,2000}>?/gu, ''], // bare address
  [/`+/gu, ''],
  [/(?<![\p{L}\p{N}\\])(?:\*{1,3}|_{1,3}|~~)(?=\S)/gu, ''], // emphasis opens
  [/(?<=[^\s\\])(?:\*{1,3}|_{1,3}|~~)(?![\p{L}\p{N}])/gu, ''], // emphasis closes
  [/\\([!-/:-@[-`{-~])/gu, '$1'], // escaped punctuation
];

/**
 * Takes the prose out of Markdown, line by line: code blocks, tables, HTML comments, front matter, images and link targets are dropped,
 * headings, paragraphs, quotations and list items are kept as paragraphs of plain text. A heuristic, not a parser.
 */
export class MarkdownProse {
  #rest = '';
  #lines = 0;
  #fence = '';
  #isComment = false;
  #element = '';
  #frontMatter = '';
  #isTable = false;
  #afterBlank = true;
  #isList = false;
  // Lines of the paragraph that is being read: links may span lines, and the next line may make a table header of the last one.
  #paragraph: string[] = [];
  #paragraphLength = 0;
  #isOwnParagraph = false;

  /** Prose of the next piece of the document. */
  push(piece: string): string {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    let prose = '';
    for (const line of lines) {
      const end = this.#longLine(line);
      prose += end.prose + this.#line(end.rest);
    }
    const { prose: more, rest } = this.#longLine(this.#rest);
    this.#rest = rest;
    return prose + more;
  }

  /** Prose that is left at the end of the document. */
  finish(): string {
    return this.#line(this.#rest) + this.#release();
  }

  /** Takes a line that is too long in pieces, counted from its beginning; returns the end of it that is not. */
  #longLine(line: string): { prose: string; rest: string } {
    let prose = '';
    let start = 0;
    for (; line.length - start > LONGEST_LINE; start += LONGEST_LINE) {
      prose += this.#line(line.slice(start, start + LONGEST_LINE));
    }
    return { prose, rest: line.slice(start) };
  }

  /** Returns the paragraph before, when the line ends it. */
  #line(written: string): string {
    this.#lines++;
    if (this.#skips(written)) return '';
    const line = this.#withoutComments(written).replace(QUOTE, '');
    const opened = DROPPED_ELEMENT.exec(line);
    if (opened?.[1] !== undefined) {
      this.#element = line.toLowerCase().includes(`</${opened[1].toLowerCase()}`) ? '' : opened[1].toLowerCase();
      return this.#blank();
    }
    if (line.trim() === '') return this.#blank();
    if (this.#isTable || line.trimStart().startsWith('|')) {
      this.#isTable = true;
      return this.#release();
    }
    if (TABLE_RULE.test(line) && line.includes('|')) {
      this.#paragraph.pop(); // the header of this table
      this.#isTable = true;
      return this.#release();
    }
    if (SETEXT_OR_RULE.test(line)) return this.#blank();
    if (REFERENCE.test(line) || CONTENTS_ITEM.test(line)) return '';
    const isItem = LIST_ITEM.test(line);
    if (INDENTED.test(line) && this.#afterBlank && !this.#isList && !isItem) return '';
    return this.#prose(line, isItem);
  }

  #prose(line: string, isItem: boolean): string {
    const isHeading = HEADING.test(line);
    const before = isHeading || isItem || this.#paragraphLength > LONGEST_LINE ? this.#release() : '';
    this.#isList = isItem || (this.#isList && (!this.#afterBlank || /^\s/u.test(line)));
    this.#afterBlank = false;
    this.#isOwnParagraph ||= isHeading || isItem;
    const text = isHeading ? line.replace(HEADING, '').replace(/\s#+\s*$/u, '') : line.replace(LIST_ITEM, '');
    this.#paragraph.push(text.trim());
    this.#paragraphLength += text.length;
    return isHeading ? before + this.#release() + '\n' : before;
  }

  /** Whether the line belongs to something that is dropped whole: front matter, a code block, an element. */
  #skips(line: string): boolean {
    if (this.#lines === 1 && (/^---\s*$/u.test(line) || /^\+\+\+\s*$/u.test(line))) {
      this.#frontMatter = line.trim();
      return true;
    }
    if (this.#frontMatter !== '') {
      if (line.trim() === this.#frontMatter || this.#lines > LONGEST_FRONT_MATTER) this.#frontMatter = '';
      return true;
    }
    if (this.#element !== '') {
      if (line.toLowerCase().includes(`</${this.#element}`)) this.#element = '';
      return true;
    }
    const fence = FENCE.exec(line.replace(QUOTE, ''))?.[1];
    if (this.#fence !== '') {
      if (fence?.startsWith(this.#fence)) this.#fence = '';
      return true;
    }
    if (fence === undefined || this.#isComment) return false;
    this.#fence = fence;
    return true;
  }

  #blank(): string {
    this.#isTable = false;
    this.#afterBlank = true;
    return this.#release() + '\n';
  }

  #release(): string {
    if (this.#paragraph.length === 0) return '';
    const prose = inlineProse(this.#paragraph.join('\n')).trim();
    const before = this.#isOwnParagraph ? '\n' : '';
    this.#paragraph = [];
    this.#paragraphLength = 0;
    this.#isOwnParagraph = false;
    return prose === '' ? '' : `${before}${prose}\n`;
  }

  #withoutComments(line: string): string {
    let kept = '';
    let start = 0;
    while (start < line.length) {
      const mark = this.#isComment ? '-->' : '<!--';
      const found = line.indexOf(mark, start);
      if (!this.#isComment) kept += line.slice(start, found < 0 ? line.length : found);
      if (found < 0) break;
      start = found + mark.length;
      this.#isComment = !this.#isComment;
    }
    return kept;
  }
}

function inlineProse(line: string): string {
  let prose = line;
  for (const [pattern, replacement] of INLINE) prose = prose.replace(pattern, replacement);
  return prose.replace(/&(?:[a-z]{2,6}|#39);/gu, (entity) => ENTITIES[entity] ?? entity);
}
