import type { Prisma } from '#database';
import type { JsonObject } from './records.js';

/** What JSON makes of an object, as the client takes it. Numbers that JSON does not have (NaN, Infinity) become null. */
export function toJson(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject;
}

/** An object out of a JSON column that only ever holds objects. */
export function fromJson(value: Prisma.JsonValue): JsonObject {
  return value as JsonObject;
}
