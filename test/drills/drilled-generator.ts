import { withGenerator, type GeneratorOptions, type GeneratorUnderTest } from '../../bench/generator-under-test.js';
import type { DrillResult } from './drill.js';

/** Runs a generator, hands it over with the lines that it logs, and adds what it complained of to what `use` gives. */
export type Run = (
  options: Pick<GeneratorOptions, 'settings' | 'versions' | 'areIdentical' | 'nodeArguments'>,
  use: (generator: GeneratorUnderTest, lines: readonly string[]) => Promise<DrillResult>,
) => Promise<DrillResult>;

const MAX_COMPLAINTS = 5;

/** Runs generators of these sizes. */
export function runsOn(ground: GeneratorOptions): Run {
  return (options, use) => {
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    return withGenerator({ ...ground, ...options, onLine }, async (server) => {
      const { facts, failures } = await use(server, lines);
      return { facts, failures: [...failures, ...lines.filter(isComplaint).slice(0, MAX_COMPLAINTS)] };
    });
  };
}

/** What a process that is well does not print: errors, warnings of the runtime, anything that is no log line. */
function isComplaint(line: string): boolean {
  return !/^\{"level":[1-4]0,/.test(line);
}
