import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicyFile } from './read-policy-file.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-policy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, 'policy.json');
  writeFileSync(path, text);
  return path;
}

describe('a policy from a file', () => {
  it('has what the file says and the rest of the default policy', () => {
    const policy = readPolicyFile(written('{"maxSeconds": 77}'));
    expect(policy).toEqual({ ...readPolicyFile(written('{}')), maxSeconds: 77 });
  });

  it.each([
    ['that is not there', () => join(folder, 'nothing.json'), /cannot be read from ".*nothing\.json": ENOENT/],
    ['that is no JSON', () => written('{"maxSeconds": '), /cannot be read from ".*policy\.json": Unexpected end/],
  ])('names a file %s', (_, path, message) => {
    expect(() => readPolicyFile(path())).toThrow(message);
  });
});
