import pc from 'picocolors';

/** Where the launcher speaks to a person. */
export class Terminal {
  /** Marks what a person looks for; on a terminal only, so that a log stays plain. */
  readonly strong: (text: string) => string;

  constructor(readonly output: NodeJS.WriteStream) {
    this.strong = pc.createColors(output.isTTY).bold;
  }

  /** Prints a line. */
  say(line = ''): void {
    this.output.write(`${line}\n`);
  }
}
