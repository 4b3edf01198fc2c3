import { applyDecorators } from '@nestjs/common';
import { ApiHideProperty, ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { registerDecorator } from 'class-validator';
import type { ErrorCode } from '#errors';

/** What is wrong with a value, to follow the name of its field in a sentence; `null` when nothing is. */
type Check = (value: unknown) => string | null;

interface NumberBounds {
  readonly minimum: number;
  readonly maximum?: number;
  readonly default?: number;
  readonly description: string;
}

/** A field that must be there, though it may be null. */
export function RequiredField(check: Check, docs: ApiPropertyOptions): PropertyDecorator {
  const required: Check = (value) => (value === undefined ? 'is required' : check(value));
  return applyDecorators(ApiProperty(docs), checked(required, 'invalid_value'));
}

/** A field that may be left out; null means the same. */
export function OptionalField(check: Check, docs: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional(docs), checked(unlessAbsent(check), 'invalid_value'));
}

/** An optional number within bounds, both inclusive. */
export function NumberField(bounds: NumberBounds): PropertyDecorator {
  const check: Check = (value) =>
    typeof value === 'number' && within(value, bounds) ? null : `must be a number ${inWords(bounds)}`;
  return OptionalField(check, { type: Number, nullable: true, ...bounds });
}

/** An optional integer within bounds, both inclusive. */
export function IntegerField(bounds: NumberBounds): PropertyDecorator {
  const check: Check = (value) =>
    Number.isInteger(value) && within(Number(value), bounds) ? null : `must be an integer ${inWords(bounds)}`;
  return OptionalField(check, { type: 'integer', nullable: true, ...bounds });
}

/** A field of the protocol that is not supported: only values that change nothing are accepted. */
export function UnsupportedField(...withoutEffect: readonly (number | boolean | 'empty object')[]): PropertyDecorator {
  const check: Check = (value) => {
    const harmless = withoutEffect.some((known) => (known === 'empty object' ? isEmptyObject(value) : known === value));
    return harmless ? null : 'is not supported by this server yet; leave it out';
  };
  return applyDecorators(ApiHideProperty(), checked(unlessAbsent(check), 'unsupported_parameter'));
}

function checked(check: Check, code: ErrorCode): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isValidField',
      target: target.constructor,
      propertyName: String(property),
      options: { context: { code } },
      validator: {
        validate: (value) => check(value) === null,
        defaultMessage: (problem) => `${String(property)} ${check(problem?.value) ?? 'is valid'}`,
      },
    });
  };
}

function unlessAbsent(check: Check): Check {
  return (value) => (value === undefined || value === null ? null : check(value));
}

function within(value: number, bounds: NumberBounds): boolean {
  return value >= bounds.minimum && value <= (bounds.maximum ?? Infinity);
}

function inWords(bounds: NumberBounds): string {
  return bounds.maximum === undefined
    ? `of at least ${bounds.minimum}`
    : `between ${bounds.minimum} and ${bounds.maximum}`;
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
