/** Where the launcher speaks to a person. */
export class Terminal {
  constructor(readonly output: NodeJS.WriteStream) {}

  /** Prints a line. */
  say(line = ''): void {
    this.output.write(`${line}\n`);
  }
}
