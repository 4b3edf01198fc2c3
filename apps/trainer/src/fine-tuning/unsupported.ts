import { ValidateBy } from 'class-validator';

/** A field of the OpenAI API that this service does not have: leaving it out, null or an empty list passes, any other value is a 400 naming it. */
export function Unsupported(advice: string, ...harmless: readonly unknown[]): PropertyDecorator {
  return ValidateBy(
    {
      name: 'unsupported',
      validator: {
        validate: (value: unknown) =>
          value === undefined ||
          value === null ||
          (Array.isArray(value) && value.length === 0) ||
          harmless.includes(value),
        defaultMessage: (args) => `${args?.property ?? 'This field'} is not supported. ${advice}`,
      },
    },
    { context: { code: 'unsupported_parameter' } },
  );
}
