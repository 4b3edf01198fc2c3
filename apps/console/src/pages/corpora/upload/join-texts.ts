/** A file of text in the browser. */
interface TextFile {
  readonly name: string;
  readonly text: () => Promise<string>;
}

const TEXT_ENDING = /\.(?:txt|md|markdown)$/iu;

/** Whether several files can be joined: each is a document of plain text. */
export function canJoin(files: readonly { readonly name: string }[]): boolean {
  return files.length > 1 && files.every(({ name }) => TEXT_ENDING.test(name));
}

/** Several texts as one of JSON lines, a document each, so that they are learned from together. */
export async function joinTexts(files: readonly TextFile[]): Promise<Blob> {
  const lines: string[] = [];
  for (const file of files) lines.push(`${JSON.stringify({ name: file.name, text: await file.text() })}\n`);
  return new Blob(lines, { type: 'application/jsonl' });
}
