import { describe, expect, it } from 'vitest';
import { toDatabaseError } from './database-errors.js';

describe('toDatabaseError', () => {
  it.each([
    ["Raw query failed. Code: `N/A`. Message: `Can't reach database server at 127.0.0.1:5432`"],
    ['Raw query failed. Code: `57P01`. Message: `terminating connection due to administrator command`'],
    ['Connection terminated unexpectedly'],
  ])('knows a database that is away by the message of a raw statement: %s', (message) => {
    expect(toDatabaseError(new Error(message))).toMatchObject({ code: 'database_unavailable' });
    expect(toDatabaseError(new Error('outer', { cause: new Error(message) }))).toMatchObject({
      code: 'database_unavailable',
    });
  });

  it('leaves a wrong statement what it is', () => {
    const error = new Error('Raw query failed. Code: `42601`. Message: `syntax error`');
    expect(toDatabaseError(error)).toBe(error);
  });
});
