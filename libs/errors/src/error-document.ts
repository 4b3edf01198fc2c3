import { ERROR_CATALOGUE } from './error-catalogue.js';

/** The text of `docs/errors.md`: every code with what a caller needs to know. */
export function renderErrorDocument(): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(
    ([code, { status, type, retried, meaning }]) =>
      `| \`${code}\` | ${status} | \`${type}\` | ${retried ? 'yes' : 'no'} | ${meaning} |`,
  );
  return [
    '# Errors',
    '',
    '<!-- Written by "node scripts/write-documents.mjs" from libs/errors/src/error-catalogue.ts; a test compares them. -->',
    '',
    'Every answer that is not a success has this body, with all four keys, whatever went wrong:',
    '',
    '```json',
    '{ "error": { "message": "temperature must be between 0 and 2; got 3.", "type": "invalid_request_error", "param": "temperature", "code": "invalid_value" } }',
    '```',
    '',
    '`message` says what was wrong, the limit, the value given and what to do; it is for people and may change. `code` is for',
    'programs and does not change. `param` names the field, variable or file at fault, or is `null`. "Again" tells whether the same request can succeed',
    'later; where the server knows when, the answer has `Retry-After`. The terminal commands print `message` and end with a status other than 0.',
    '',
    '| code | status | type | again | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
