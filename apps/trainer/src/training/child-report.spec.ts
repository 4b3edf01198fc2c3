import { describe, expect, it } from 'vitest';
import { CodedError } from '#errors';
import { reportOf } from './child-report.js';

describe('reportOf', () => {
  it.each(['ENOSPC', 'EDQUOT'])('calls %s a full disk and says what to do', (code) => {
    const error = Object.assign(new Error('no space left on device, write'), { code });
    expect(reportOf(error)).toMatchObject({ code: 'disk_full', message: expect.stringMatching(/RUNS_DIR/) as string });
  });

  it('keeps code, message and parameter of an error of the catalogue', () => {
    const error = new CodedError('invalid_value', 'Too large.', { param: 'n' });
    expect(reportOf(error)).toEqual({ code: 'invalid_value', message: 'Too large.', param: 'n' });
  });

  it('tells nothing of an error that was not foreseen', () => {
    const report = reportOf(new Error('the secret of /root'));
    expect(report.code).toBe('server_error');
    expect(report.message).not.toContain('secret');
  });
});
