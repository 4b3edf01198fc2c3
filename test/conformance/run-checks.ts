import type { Check } from './check.js';
import type { ServerUnderTest } from './server-under-test.js';

/** What came of one check. */
export interface CheckResult {
  readonly section: string;
  readonly name: string;
  readonly isExtension: boolean;
  /** Why it failed; null when the server keeps the promise. */
  readonly failure: string | null;
}

/** Runs checks one after another, since some look at what the server does meanwhile; tells of each as it ends. */
export async function runChecks(
  server: ServerUnderTest,
  checks: readonly Check[],
  tell: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { section, name, isExtension, run } of checks) {
    const failure = await run(server).then(
      () => null,
      (error: unknown) => (error instanceof Error ? `${error.message}${causeOf(error)}` : String(error)),
    );
    const result = { section, name, isExtension, failure };
    results.push(result);
    tell(result);
  }
  return results;
}

/** `fetch` says only that it failed; why is in the cause. */
function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `: ${cause.message}` : '';
}
