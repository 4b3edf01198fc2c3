import { ESLint, Linter, type ESLint as ESLintTypes } from 'eslint';
import { describe, expect, it } from 'vitest';

const rules = ['no-restricted-properties', 'no-restricted-imports'] as const;

describe('the rule that only #config reads the environment', () => {
  it.each(['process.env.PORT;', "import { env } from 'node:process'; env.PORT;"])(
    'fires in services, libraries, benchmarks and specs on: %s',
    async (code) => {
      for (const folder of ['apps/trainer/src', 'libs/registry/src', 'bench', 'test/e2e']) {
        expect(await countMessages(`${folder}/any.ts`, code)).toBe(1);
      }
    },
  );

  it('leaves #config alone', async () => {
    expect(await countMessages('libs/config/src/load-config.ts', 'process.env.PORT;')).toBe(0);
  });
});

/** Lints code with the restriction rules as they are set for a path; the file itself need not exist. */
async function countMessages(path: string, code: string): Promise<number> {
  const eslint: ESLintTypes = new ESLint();
  const settings = (await eslint.calculateConfigForFile(path)) as {
    rules: Record<string, Linter.RuleEntry | undefined>;
  };
  const configured = rules.map((name) => [name, settings.rules[name] ?? 'off'] as const);
  return new Linter().verify(code, [{ rules: Object.fromEntries(configured) }]).length;
}
