import { isCodedError } from '#errors';
import { aaTest } from './aa-test.js';
import { replay } from './replay.js';
import { simulate } from './simulate.js';

/** A command of the terminal: reads its own options, writes its result. Resolves with the exit code. */
type Command = (words: string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = { simulate, 'aa-test': aaTest, replay };

async function main([name = '', ...words]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command(words);
  process.stderr.write(`Name one of ${Object.keys(COMMANDS).join(', ')}; --help says more.\n`);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = isCodedError(error) || error instanceof TypeError;
  const text = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
