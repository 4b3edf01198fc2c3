const LEAST_WORDS = 8;
/** Below this share of letters and spaces a paragraph is a table, a signature or a list of names. */
const LEAST_LETTER_SHARE = 0.9;

/**
 * The prose of a Markdown text, one string per paragraph: no code, tables, images, badges, headings or link targets.
 * Paragraphs that are too short to be sentences, or that hold too few letters, are left out.
 */
export function extractProse(markdown: string): string[] {
  const text = markdown
    .replace(/\r\n?/g, '\n')
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/^ {0,3}(```|~~~)[\s\S]*?^ {0,3}\1[^\n]*$/gm, '\n\n')
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/<(script|style|pre|table|details)\b[\s\S]*?<\/\1>/gi, '\n\n')
    .replace(/^( {4}|\t)(?![*+-] |\d+\. ).*$/gm, '')
    .replace(/^#{1,6}\s.*$/gm, '\n')
    .replace(/^.*\n(=+|-{3,})[ \t]*$/gm, '\n')
    .replace(/^\s*\|.*$/gm, '\n')
    .replace(/^\s*\[[^\]]+\]:\s.*$/gm, '')
    .replace(/^\s*([*+-]|\d+[.)])\s+/gm, '\n')
    .replace(/^\s*>\s?(\[![A-Z]+\])?/gm, '');
  return text
    .split(/\n\s*\n/)
    .map(plainText)
    .filter(isProse);
}

function plainText(paragraph: string): string {
  return paragraph
    .replace(/!\[[^\]]*\]\([^)]*\)/g, ' ')
    .replace(/!\[[^\]]*\]\[[^\]]*\]/g, ' ')
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<https?:[^>]*>|https?:\/\/\S+/g, ' ')
    .replace(/<\/?[a-z][^>]*>/gi, ' ')
    .replace(/`+/g, '')
    .replace(/(\*\*|__|~~)/g, '')
    .replace(/(^|[\s(])[*_](\S[^*_]*)[*_](?=[\s).,;:!?]|$)/g, '$1$2')
    .replace(/\\([\\`*_{}[\]()#+.!-])/g, '$1')
    .replace(/&(nbsp|amp|lt|gt|quot|#39);/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function isProse(paragraph: string): boolean {
  if (!/[.!?:]["')]?$/.test(paragraph)) return false;
  if (paragraph.split(' ').length < LEAST_WORDS) return false;
  const letters = paragraph.match(/[\p{L}\s]/gu)?.length ?? 0;
  return letters / paragraph.length >= LEAST_LETTER_SHARE;
}
