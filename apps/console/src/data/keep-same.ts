type Fields = Readonly<Record<string, unknown>>;

/**
 * What came now, with each part of it that is equal to what was there before in the place of that: whoever is shown the same object again has
 * nothing to draw. Items of lists are found again by their `id`, so that a new one above them makes no difference to them.
 */
export function keepSame<T>(before: unknown, now: T): T {
  return kept(before, now) as T;
}

function kept(before: unknown, now: unknown): unknown {
  if (Object.is(before, now)) return before;
  if (Array.isArray(before) && Array.isArray(now)) return keptList(before, now);
  if (isPlain(before) && isPlain(now)) return keptFields(before, now);
  return now;
}

function keptList(before: readonly unknown[], now: readonly unknown[]): readonly unknown[] {
  const byId = new Map(before.map((item) => [idOf(item), item]));
  const items = now.map((item, index) => kept(byId.get(idOf(item) ?? NOBODY) ?? before[index], item));
  return items.length === before.length && items.every((item, index) => Object.is(item, before[index]))
    ? before
    : items;
}

function keptFields(before: Fields, now: Fields): Fields {
  const fields = Object.entries(now).map(([name, value]) => [name, kept(before[name], value)] as const);
  const isSame =
    fields.length === Object.keys(before).length &&
    fields.every(([name, value]) => Object.hasOwn(before, name) && Object.is(value, before[name]));
  return isSame ? before : Object.fromEntries(fields);
}

const NOBODY = Symbol('an item without an id');

function idOf(item: unknown): unknown {
  return isPlain(item) ? item['id'] : undefined;
}

/** What JSON makes; anything else is taken as it is. */
function isPlain(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
