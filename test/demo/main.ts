import { parseArgs } from 'node:util';
import { keepRunning } from './keep-running.js';
import { demonstrateRollback, type RollbackStory } from './rollback-demo.js';

const USAGE = `Usage: npm run demo:rollback [-- --json] [--keep]

Starts everything in a temporary folder, trains a small and a medium model, releases the medium one while clients ask, lets clients write what
it does not know, and tells how and when it is taken back. It takes two to three minutes. The exit code is 0 when it was rolled back.

  --json   the numbers as one JSON object; what happens is then told on standard error
  --keep   leaves everything running until Ctrl-C, and says how to look at the release
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const out = values.json ? process.stderr : process.stdout;
  const tell = (line: string): void => void out.write(`${line}\n`);
  let exitCode = 1;
  await demonstrateRollback(tell, async (end, story) => {
    exitCode = tellStory(story);
    if (values.keep) await keepRunning(end, tell);
  });
  return exitCode;
}

/** Writes down what came of it; 0 when it is what was to be shown. */
function tellStory(story: RollbackStory): number {
  const { release, requests, failed, byCandidate, noticedAfterMs, servedOnForMs, isReplayedTheSame } = story;
  const isRolledBack = release.state === 'rolled_back';
  const facts = {
    release: release.id,
    state: release.state,
    requests,
    failed,
    byCandidate,
    noticedAfterMs,
    servedOnForMs,
    isReplayedTheSame,
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(facts)}\n`
      : `\n${isRolledBack ? `Rolled back ${(noticedAfterMs / 1_000).toFixed(1)} s after clients changed what they write.` : `Ended as ${release.state}.`}
No request went to it later than ${servedOnForMs} ms after that. ${requests} requests, ${failed} failed, ${byCandidate} answered by it.
All decisions, made again from the recorded observations: ${isReplayedTheSame ? 'the same, bit for bit' : 'OTHERWISE'}.
`,
  );
  return isRolledBack && failed === 0 && isReplayedTheSame ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
