/** Logs, metrics, error answers, API keys and bootstrapping: what both services share around their routes. */
export { createService, type ServiceOptions } from './create-service.js';
export { exitWithError, runService, type ListenOptions } from './run-service.js';
export { measureResources } from './measure-resources.js';
export { requestTrace } from './tracing/trace-requests.js';
export type { TraceScope } from './tracing/trace-scope.js';
export { Tracing, TRACING } from './tracing/tracing.js';
export { addToRequestLog } from './request-log.js';
export { CurrentApiKey, Public, RequireKey, RequireScope } from './scopes.js';
export type { ApiKeyIdentity } from './api-key-cache.js';
export { ServiceMetrics } from './service-metrics.js';
export { ServiceState } from './service-state.js';
