import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise, type IConfiguration, type IForbiddenRuleType } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';
import { listFolders, root } from './source-files.js';

const fixtures = 'test/structure/fixtures';
const configuration = createRequire(join(root, 'package.json'))(
  './.dependency-cruiser.cjs',
) as Required<IConfiguration>;
const rules: IForbiddenRuleType[] = configuration.forbidden;
const ruleNames = rules.map((rule) => rule.name ?? 'unnamed');

describe('import rules', () => {
  it.each(ruleNames)('%s fires on the fixture that breaks it, and no other rule does', async (name) => {
    expect(await findViolations(name)).toEqual([name]);
  });

  it('none fires on imports that the rules allow', async () => {
    expect(await findViolations('allowed')).toEqual([]);
  });

  it('each says in a sentence why it is there', () => {
    expect(rules.filter((rule) => !/^[A-Z].{30,}\.$/.test(rule.comment ?? '')).map((rule) => rule.name)).toEqual([]);
  });

  it('each has a fixture, and each fixture a rule', () => {
    expect(listFolders(fixtures).sort()).toEqual([...ruleNames, 'allowed'].sort());
  });
});

/** Names of the rules that a fixture breaks; the fixture is cruised as if it were the repository. */
async function findViolations(fixture: string): Promise<string[]> {
  const baseDir = join(root, fixtures, fixture);
  const { tsConfig: _, ...options } = configuration.options;
  const { output } = await cruise(
    ['apps', 'libs'].filter((folder) => existsSync(join(baseDir, folder))),
    { ...options, baseDir, validate: true, ruleSet: { forbidden: rules } },
  );
  if (typeof output === 'string') throw new Error(`Expected a cruise result, got text: ${output}`);
  return output.summary.violations.map((violation) => violation.rule.name);
}
