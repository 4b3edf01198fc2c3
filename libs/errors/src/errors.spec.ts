import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CodedError, ERROR_CATALOGUE, isCodedError, isErrorCode, renderErrorDocument, toErrorBody } from './index.js';
import type { ErrorCode } from './index.js';

const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];

describe('the error catalogue', () => {
  it.each(codes)('gives %s a status of an error and a meaning that is a sentence', (code) => {
    const { status, meaning, type } = ERROR_CATALOGUE[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    // Client libraries decide by the status whether the caller or the server is at fault.
    expect(type === 'server_error').toBe(status >= 500);
  });

  it('is what docs/errors.md says', () => {
    expect(readFileSync('docs/errors.md', 'utf8')).toBe(renderErrorDocument());
  });
});

describe('toErrorBody', () => {
  it.each(codes)('answers %s with exactly the four keys of the OpenAI shape', (code) => {
    const body = toErrorBody(new CodedError(code, 'What was wrong.'));
    expect(Object.keys(body)).toEqual(['error']);
    expect(body.error).toEqual({ message: 'What was wrong.', type: ERROR_CATALOGUE[code].type, param: null, code });
  });

  it('names the parameter that is at fault', () => {
    expect(toErrorBody(new CodedError('invalid_value', 'Bad.', { param: 'seed' })).error.param).toBe('seed');
  });

  it.each([new Error('password=hunter2 in /etc/secret'), 'a text', null, undefined, { code: 'invalid_value' }])(
    'shows nothing of an unforeseen error: %s',
    (thrown) => {
      const { error } = toErrorBody(thrown);
      expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
      expect(error).toMatchObject({ code: 'server_error', type: 'server_error', param: null });
      expect(error.message).not.toMatch(/hunter2|secret/);
    },
  );
});

describe('a coded error', () => {
  it('has the status and type that the catalogue gives its code', () => {
    const error = new CodedError('rate_limit_exceeded', 'Too many.', { retryAfterMs: 250 });
    expect([error.status, error.type, error.retryAfterMs]).toEqual([429, 'rate_limit_error', 250]);
  });

  it('keeps its cause, and has none when none is given', () => {
    const cause = new Error('inner');
    expect(new CodedError('server_error', 'Outer.', { cause }).cause).toBe(cause);
    expect('cause' in new CodedError('server_error', 'Outer.')).toBe(false);
  });

  it('is told from others, also by its code', () => {
    const error = new CodedError('conflict', 'No.');
    expect([isCodedError(error), isCodedError(error, 'conflict'), isCodedError(error, 'not_found')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isCodedError(Object.assign(new Error('No.'), { code: 'conflict' }))).toBe(false);
  });

  it('has a code that arrives as text checked, properties of all objects included', () => {
    expect(['conflict', 'nope', 'toString', '__proto__', 7, null].map(isErrorCode)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
