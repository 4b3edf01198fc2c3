import { WriteStream } from 'node:tty';
import pc from 'picocolors';

/** Where the launcher speaks to a person. */
export class Terminal {
  /** Marks what a person looks for; on a terminal only, so that a log stays plain. */
  readonly strong: (text: string) => string;

  constructor(readonly output: NodeJS.WriteStream) {
    // Not output.isTTY: a pipe has none, and given undefined the package takes the variable CI for a terminal.
    this.strong = pc.createColors(output instanceof WriteStream).bold;
  }

  /** Prints a line. */
  say(line = ''): void {
    this.output.write(`${line}\n`);
  }
}
