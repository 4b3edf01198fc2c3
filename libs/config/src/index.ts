export { environmentWith, loadConfig, type Config, type Environment } from './load-config.js';
export { renderEnvExample } from './env-example.js';
