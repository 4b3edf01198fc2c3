import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { registerDecorator } from 'class-validator';

/** What is wrong with a value, to follow the name of its field in a sentence; `null` when nothing is. */
type Check = (value: unknown) => string | null;

interface NumberBounds {
  readonly minimum: number;
  /** Whether the minimum itself is refused. */
  readonly exclusiveMinimum?: boolean;
  readonly maximum?: number;
  readonly default?: number;
  readonly description: string;
}

/** A field that must be there, though it may be null. */
export function RequiredField(check: Check, docs: ApiPropertyOptions): PropertyDecorator {
  const required: Check = (value) => (value === undefined ? 'is required' : check(value));
  return applyDecorators(ApiProperty(docs), checked(required));
}

/** A field that may be left out; null means the same. */
export function OptionalField(check: Check, docs: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional(docs), checked(unlessAbsent(check)));
}

/** An optional number within bounds. */
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

/** An optional true or false. */
export function BooleanField(description: string): PropertyDecorator {
  const check: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
  return OptionalField(check, { type: Boolean, default: false, nullable: true, description });
}

/** An optional text. */
export function TextField(description: string): PropertyDecorator {
  const check: Check = (value) => (typeof value === 'string' ? null : 'must be a string');
  return OptionalField(check, { type: String, nullable: true, description });
}

function checked(check: Check): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isValidField',
      target: target.constructor,
      propertyName: String(property),
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
  const highEnough = bounds.exclusiveMinimum === true ? value > bounds.minimum : value >= bounds.minimum;
  return highEnough && value <= (bounds.maximum ?? Infinity);
}

function inWords({ minimum, maximum, exclusiveMinimum }: NumberBounds): string {
  if (exclusiveMinimum === true)
    return maximum === undefined ? `above ${minimum}` : `above ${minimum} and at most ${maximum}`;
  return maximum === undefined ? `of at least ${minimum}` : `between ${minimum} and ${maximum}`;
}
