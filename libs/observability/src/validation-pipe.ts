import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { CodedError, isErrorCode, type ErrorCode } from '#errors';
import { checkJson } from './check-json.js';

/**
 * Validates every DTO: a field that the DTO does not declare, or a value that its decorators refuse, is a coded error
 * with the field in `param`. Nothing is converted: `"5"` is not 5 and `"false"` is not true.
 *
 * A decorator may choose its own code: `@IsInt({ context: { code: 'unsupported_parameter' } })`.
 */
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      validationError: { target: false, value: true },
      exceptionFactory: toFieldError,
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Checked first: of an array or a string the validator would name the items, or what is missing, as fields.
    if (metadata.type === 'body' && !isObjectOrNothing(value)) {
      throw new CodedError('invalid_value', `The request body must be a JSON object. Got ${describe(value)}.`);
    }
    if (metadata.type === 'body') checkJson(value);
    const validated: unknown = await super.transform(value, metadata);
    return validated;
  }
}

function isObjectOrNothing(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value));
}

/** The one error to answer with: unknown fields first, since what they were meant to say is lost otherwise. */
function toFieldError(errors: readonly ValidationError[]): CodedError {
  const fields = errors.flatMap((error) => leavesOf(error, ''));
  const field = fields.find(({ error }) => error.constraints?.['whitelistValidation'] !== undefined) ?? fields[0];
  if (field === undefined) return new CodedError('invalid_value', 'The request is not valid.');
  const { error, param } = field;
  const [rule = '', message = 'is not valid'] = Object.entries(error.constraints ?? {})[0] ?? [];
  if (rule === 'whitelistValidation') {
    return new CodedError(
      'unknown_parameter',
      `Unknown parameter: '${param}'. Remove it, or check its spelling; GET /docs lists what there is.`,
      { param },
    );
  }
  if (error.value === undefined) {
    return new CodedError('missing_parameter', `Missing required parameter: '${param}'. ${sentence(message)}`, {
      param,
    });
  }
  return new CodedError(codeOf(error, rule), `${sentence(message)} Got ${describe(error.value)}.`, { param });
}

function leavesOf(error: ValidationError, parent: string): { error: ValidationError; param: string }[] {
  const param = parent === '' ? error.property : `${parent}.${error.property}`;
  const inner = (error.children ?? []).flatMap((child) => leavesOf(child, param));
  return inner.length > 0 ? inner : [{ error, param }];
}

function codeOf(error: ValidationError, rule: string): ErrorCode {
  const context: unknown = error.contexts?.[rule];
  const code = typeof context === 'object' && context !== null && 'code' in context ? context.code : undefined;
  return isErrorCode(code) ? code : 'invalid_value';
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** The value given, short enough for a message. */
function describe(value: unknown): string {
  const json = JSON.stringify(value);
  if (json.length <= 60) return json;
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  return Array.isArray(value) ? `an array of ${value.length} items` : `${json.slice(0, 57)}...`;
}
