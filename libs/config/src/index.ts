export { renderComposeSettings } from './compose-settings.js';
export { GENERATOR_ENVIRONMENT, GENERATOR_NODE_ARGUMENTS } from './generator-runtime.js';
export { environmentWith, loadConfig, type Config, type Environment } from './load-config.js';
export { renderEnvExample } from './env-example.js';
