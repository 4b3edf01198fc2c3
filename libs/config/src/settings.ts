import { SCALE_SETTINGS } from './scale-settings.js';
import { SERVICE_SETTINGS } from './service-settings.js';
import { SERVING_SETTINGS } from './serving-settings.js';
import { STORAGE_SETTINGS } from './storage-settings.js';
import { TRACING_SETTINGS } from './tracing-settings.js';
import { TRAINING_SETTINGS } from './training-settings.js';

/**
 * Every setting of the project: environment variable, kind, default and meaning. `Config`, the messages and
 * `.env.example` are made from this table.
 */
export const SETTINGS = {
  ...SERVICE_SETTINGS,
  ...STORAGE_SETTINGS,
  ...SERVING_SETTINGS,
  ...TRAINING_SETTINGS,
  ...TRACING_SETTINGS,
  ...SCALE_SETTINGS,
};
