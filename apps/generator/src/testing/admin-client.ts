import { expect } from 'vitest';
import type { Replica } from './generator-stand.js';

/** What a route of the administration has answered. */
export interface AdminAnswer {
  readonly status: number;
  /** Whether it was the answer to the same request before. */
  readonly replayed: boolean;
  readonly body: Record<string, unknown> & { readonly error?: { readonly code: string } };
}

interface AdminRequest {
  readonly body?: object;
  /** Its Idempotency-Key. */
  readonly key?: string;
  /** Which replica is asked; the first when left out. */
  readonly replica?: 0 | 1;
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>>;
}

interface Schema {
  readonly type: string;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Asks the administration of generators, and knows what it says about itself. */
export interface AdminClient {
  /** By method and path, such as `GET /v1/admin/audit`. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** @param path below `/v1/admin/` */
  send(method: string, path: string, request?: AdminRequest): Promise<AdminAnswer>;
  /**
   * Asks and checks that the answer is the one that the OpenAPI document promises.
   * @param path as it is documented, such as `/releases/{id}`
   */
  documented(method: string, path: string, id?: string, body?: object): Promise<AdminAnswer>;
}

export async function openAdminClient(key: string, replicas: readonly Replica[]): Promise<AdminClient> {
  const document = (await (await fetch(`${replicas[0]?.url ?? ''}/docs/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const found = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
  const operations = new Map<string, Operation>(found.filter(([name]) => name.includes(' /v1/admin/')));
  const send: AdminClient['send'] = async (method, path, { body, key: name, replica = 0 } = {}) => {
    const response = await fetch(`${replicas[replica]?.url ?? ''}/v1/admin/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(name !== undefined && { 'idempotency-key': name }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const replayed = response.headers.get('idempotent-replayed') === 'true';
    return { status: response.status, replayed, body: (await response.json()) as AdminAnswer['body'] };
  };
  return {
    operations,
    send,
    async documented(method, path, id = '', body) {
      const name = `${method} /v1/admin${path}`;
      const answer = await send(method, path.slice(1).replace(/\{\w+\}/, id), body && { body });
      const schema = operations.get(name)?.responses[answer.status]?.content?.['application/json']?.schema;
      expect(schema, `${name} answered ${answer.status} ${JSON.stringify(answer.body)}`).toBeDefined();
      if (schema !== undefined) expectToFit(answer.body, schema, name);
      return answer;
    },
  };
}

/** Every field is documented, and every documented one is there with its type. */
function expectToFit(value: unknown, schema: Schema, place: string): void {
  if (value === null) {
    expect(schema.nullable, place).toBe(true);
    return;
  }
  if (schema.enum !== undefined) expect(schema.enum, place).toContain(value);
  if (schema.type === 'array') {
    expect(Array.isArray(value), place).toBe(true);
    if (schema.items) for (const item of value as unknown[]) expectToFit(item, schema.items, `${place}[]`);
    return;
  }
  expect(schema.type === 'integer' ? Number.isInteger(value) : typeof value === schema.type, place).toBe(true);
  if (schema.properties === undefined) return;
  const fields = value as Record<string, unknown>;
  expect(Object.keys(fields).sort(), place).toEqual(Object.keys(schema.properties).sort());
  for (const [field, inner] of Object.entries(schema.properties))
    expectToFit(fields[field], inner, `${place}.${field}`);
}
