/** A Markdown table; a cell's line ends and bars do not break it. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** A text as a Markdown quotation, whatever is in it. */
export function markdownQuote(text: string): string {
  return text
    .split(/\r?\n/u)
    .map((line) => `> ${plain(line)}`.trimEnd())
    .join('\n');
}

function cell(text: string): string {
  return plain(text).replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|').trim();
}

/** Model text may hold anything; none of it is meant as markup. */
function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[`*_#[\]]/gu, '\\$&');
}
