import type { ErrorDescription } from './error-description.js';
import { TRAINING_ERRORS } from './training-errors.js';

/** Every error that this project can answer with: the one table that HTTP, the terminal and docs/errors.md are made from. */
export const ERROR_CATALOGUE = {
  // A request that cannot be carried out as it was sent.
  invalid_value: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'A field has a value outside of its range or of the wrong type.',
  },
  unknown_parameter: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'A field or hyper-parameter that does not exist was sent.',
  },
  unsupported_parameter: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'A field exists in the protocol and is not supported by this server.',
  },
  missing_parameter: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'A required field was not sent.',
  },
  invalid_json: { status: 400, type: 'invalid_request_error', retried: false, meaning: 'The body is not valid JSON.' },
  invalid_multipart: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The body is not a valid multipart form with a file in it.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The content type or the kind of file is not one that the endpoint takes.',
  },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The prompt has more tokens than the server accepts.',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The body or the uploaded file is larger than the limit.',
  },
  request_timeout: {
    status: 408,
    type: 'invalid_request_error',
    retried: true,
    meaning: 'The client took too long to send its request.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    retried: false,
    meaning: 'No API key was sent, or one that does not exist or was revoked.',
  },
  insufficient_scope: {
    status: 403,
    type: 'permission_error',
    retried: false,
    meaning: 'The API key is valid and lacks the scope that the endpoint needs.',
  },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The path exists and does not answer to this method.',
  },
  not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The path, or the object named in it, does not exist.',
  },
  model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No model version, preset, deployment or alias has this name.',
  },
  completion_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'There is no completion with this id.',
  },
  file_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No uploaded file has this id.',
  },
  job_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No fine-tuning job has this id.',
  },
  experiment_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No upgrade experiment has this id.',
  },
  deployment_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No deployment has this name.',
  },
  release_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No release has this id.',
  },
  policy_not_found: {
    status: 404,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'No release policy has this name.',
  },
  conflict: {
    status: 409,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The object is not in a state that allows this, or someone else changed it first.',
  },
  idempotency_key_reused: {
    status: 409,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The Idempotency-Key was sent before, with another method, path or body.',
  },
  request_in_progress: {
    status: 409,
    type: 'invalid_request_error',
    retried: true,
    meaning: 'A request with this Idempotency-Key is being carried out.',
  },
  ...TRAINING_ERRORS,
  // Bytes on disk.
  disk_full: {
    status: 507,
    type: 'server_error',
    retried: true,
    meaning: 'The disk has no room for what was to be written.',
  },
  folder_unwritable: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'A folder that the server keeps its data in cannot be created or written to.',
  },
  artifact_corrupt: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'Stored bytes no longer have the hash that they are stored under.',
  },
  artifact_missing: { status: 500, type: 'server_error', retried: false, meaning: 'Stored bytes are gone.' },
  bundle_corrupt: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'A file of a model bundle does not have the hash that its manifest states.',
  },
  bundle_missing: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'A model bundle, or a file that its manifest names, is gone.',
  },
  artifact_store_unavailable: {
    status: 503,
    type: 'server_error',
    retried: true,
    meaning: 'The bucket that keeps files and models cannot be reached.',
  },
  artifact_store_refused: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning:
      'The bucket that keeps files and models refuses what is asked of it: its name, region or access key is wrong.',
  },
  version_mismatch: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'An exported model does not reproduce the numbers that were measured in training.',
  },
  // The server and what it stands on.
  configuration_invalid: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'An environment variable has a value that cannot be used.',
  },
  migration_failed: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'The database schema could not be brought to the version that the code needs.',
  },
  trainer_unavailable: {
    status: 503,
    type: 'server_error',
    retried: true,
    meaning:
      'A request that the generator hands on to the trainer, which cannot be reached or is not configured (TRAINER_URL).',
  },
  database_unavailable: {
    status: 503,
    type: 'server_error',
    retried: true,
    meaning: 'The database cannot be reached or refuses work.',
  },
  port_in_use: { status: 500, type: 'server_error', retried: false, meaning: 'Another process listens on the port.' },
  gate_failed: {
    status: 503,
    type: 'server_error',
    retried: false,
    meaning:
      'A version of a release does not compute on this replica what was registered; the replica serves the other one.',
  },
  no_model_ready: {
    status: 503,
    type: 'server_error',
    retried: true,
    meaning: 'The deployment has no model, or this replica has not finished loading it.',
  },
  server_is_overloaded: {
    status: 503,
    type: 'server_error',
    retried: true,
    meaning: 'More requests are waiting than the server admits.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    retried: true,
    meaning: 'The API key has used up its requests for now.',
  },
  server_error: {
    status: 500,
    type: 'server_error',
    retried: true,
    meaning: 'Something that the server did not foresee; the log has the cause under the request id.',
  },
} as const satisfies Record<string, ErrorDescription>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;
