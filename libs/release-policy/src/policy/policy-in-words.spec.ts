import { describe, expect, it } from 'vitest';
import { METRIC_NAMES } from '../metrics.js';
import { DEFAULT_POLICY } from './default-policy.js';
import { parsePolicy } from './parse-policy.js';
import { policyInWords } from './policy-in-words.js';

describe('a policy in words', () => {
  it('says the chances of being wrong, the stages and what each harm is', () => {
    const words = policyInWords(DEFAULT_POLICY);
    expect(words).toContain(
      'Chance of a false rollback at most 1%: of a version that is within every margin, in the whole release before promotion.',
    );
    expect(words).toContain(
      'Stage 2: canary, the candidate answers 1% of the requests, for at least 5 minutes, 20 texts scored by both versions, 3 requests answered by it.',
    );
    expect(words).toContain(
      "paired_loss rolls back when it is more than 0.03 nats per token above the incumbent's loss.",
    );
    expect(words).toContain("errors rolls back when it is more than 1.5 times the incumbent's rate.");
    expect(words).toContain('truncation is shown and never rolls back.');
    for (const name of METRIC_NAMES) expect(words.some((sentence) => sentence.startsWith(`${name} `))).toBe(true);
  });

  it('adds up the budgets that are given away, not those that might be', () => {
    const words = policyInWords(parsePolicy({ budget: 0.5, metrics: { errors: { budget: 0.1 } } }));
    expect(words.find((sentence) => sentence.startsWith('Chance of a false rollback'))).toContain('at most 10.8%');
  });

  it('says of a dry run that nothing is done', () => {
    expect(policyInWords(parsePolicy({ mode: 'dry_run' }))[0]).toContain('not carried out');
  });
});
