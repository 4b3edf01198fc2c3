import { parse } from 'node:querystring';

const MEMBER = /^(?<name>[^[\]]+)\[(?<member>[^[\]]*)\]$/;

/**
 * A query as an object. `metadata[team]=a` is the member `team` of `metadata`: so write OpenAI's clients an object in a query.
 *
 * @example
 * parseQuery('limit=2&metadata[team]=a'); // { limit: '2', metadata: { team: 'a' } }
 */
export function parseQuery(text: string): Record<string, unknown> {
  const query = emptyObject();
  for (const [key, value] of Object.entries(parse(text))) {
    const { name, member } = MEMBER.exec(key)?.groups ?? {};
    if (name === undefined || member === undefined) query[key] = value;
    else query[name] = Object.assign(emptyObject(), isObject(query[name]) ? query[name] : null, { [member]: value });
  }
  return query;
}

/** Without a prototype, so that no name in a query means more than any other. */
function emptyObject(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
