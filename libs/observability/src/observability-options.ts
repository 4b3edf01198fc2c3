import type { ApiKeyIdentity } from './api-key-cache.js';
import type { LoggingOptions } from './logger-params.js';

/** What a service must say so that it can be observed and guarded. */
export interface ObservabilityOptions {
  readonly logging: LoggingOptions;
  /** Where traces go and how many of the requests are traced; without an endpoint none. */
  readonly tracing?: { readonly endpoint: string | null; readonly sampleShare: number };
  /** Largest body of a JSON request, in bytes. */
  readonly maxBodyBytes: number;
  /** How long it is remembered whether a key is good. */
  readonly apiKeyCacheMs?: number;
  /** Looks a key up; `null` when there is no such key or it was revoked. */
  readonly verifyApiKey: (key: string) => Promise<ApiKeyIdentity | null>;
}

/** Injection token of {@link ObservabilityOptions}. */
export const OBSERVABILITY_OPTIONS = Symbol('OBSERVABILITY_OPTIONS');
