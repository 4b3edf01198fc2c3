import createClient from 'openapi-fetch';
import type { paths as GeneratorPaths } from '../generated/generator-api.js';
import type { paths as TrainerPaths } from '../generated/trainer-api.js';
import { session } from '../session/session.js';
import { failureOf, toFailure } from './api-failure.js';

/** Every path of both services: the generator hands on what is the trainer's. */
type Paths = GeneratorPaths & Omit<TrainerPaths, keyof GeneratorPaths>;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Json<T> = T extends { content: { 'application/json': infer Content } } ? Content : never;
type Success<T> = T extends { responses: infer Responses }
  ? Json<Responses[keyof Responses & (200 | 201 | 202)]>
  : never;

/** The JSON that a path answers with: `Answer<'/v1/admin/releases'>`, `Answer<'/v1/files', 'post'>`. */
export type Answer<
  Path extends keyof Paths,
  M extends Method & keyof Paths[Path] = 'get' & keyof Paths[Path],
> = Success<Paths[Path][M]>;

/** An item of the list that a path answers with. */
export type Item<Path extends keyof Paths> = Answer<Path> extends { data: (infer T)[] } ? T : never;

/** The JSON that a path takes: `Body<'/v1/admin/policies/{name}', 'put'>`. */
export type Body<Path extends keyof Paths, M extends Method & keyof Paths[Path]> = Paths[Path][M] extends {
  requestBody?: { content: { 'application/json': infer T } };
}
  ? T
  : never;

/** Client of both services; the types follow from their OpenAPI documents. */
export const api = createClient<Paths, 'application/json'>({ baseUrl: '' });

api.use({
  onRequest({ request }) {
    if (session.key !== null) request.headers.set('authorization', `Bearer ${session.key}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) session.expire();
  },
});

/**
 * What a call brought.
 * @throws ApiFailure
 * @example const { data } = await unwrap(api.GET('/v1/admin/releases', { params: { query: { limit: 20 } } }));
 */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<NonNullable<T>> {
  let result: Awaited<typeof call>;
  try {
    result = await call;
  } catch (thrown) {
    throw toFailure(thrown);
  }
  const { data, error, response } = result;
  if (!response.ok || error !== undefined) throw failureOf(response, error);
  return data as NonNullable<T>;
}

/** Headers of a POST that may be repeated without being carried out twice. */
export function idempotent(): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': crypto.randomUUID() };
}

/**
 * An answer of any kind, with the key of this session.
 * @throws ApiFailure
 */
export async function fetchWithKey(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (session.key !== null) headers.set('authorization', `Bearer ${session.key}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown;
    throw toFailure(thrown);
  }
  if (response.status === 401) session.expire();
  if (!response.ok) throw failureOf(response, await response.json().catch(() => null));
  return response;
}

/**
 * Saves what a path answers as a file.
 * @throws ApiFailure
 */
export async function download(path: string, fileName: string): Promise<void> {
  const response = await fetchWithKey(path);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
