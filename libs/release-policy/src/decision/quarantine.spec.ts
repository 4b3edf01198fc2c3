import { expect, it } from 'vitest';
import { parsePolicy } from '../policy/parse-policy.js';
import { quarantineSeconds } from './quarantine.js';

it('keeps a version away for longer after each rollback, up to a limit', () => {
  const policy = parsePolicy({ rollback: { quarantineSeconds: 60, growth: 3, maxQuarantineSeconds: 600 } });
  expect([1, 2, 3, 4, 400].map((count) => quarantineSeconds(policy, count))).toEqual([60, 180, 540, 600, 600]);
});
