import pc from 'picocolors';

/** Where the launcher speaks to a person. */
export class Terminal {
  /** Marks what a person looks for; on a terminal only, so that a log stays plain. */
  readonly strong: (text: string) => string;

  constructor(readonly output: NodeJS.WriteStream) {
    // A pipe has no isTTY at all; handed on undefined, the variable CI would turn colours on.
    const { isTTY }: { readonly isTTY?: boolean } = output;
    this.strong = pc.createColors(isTTY ?? false).bold;
  }

  /** Prints a line. */
  say(line = ''): void {
    this.output.write(`${line}\n`);
  }
}
