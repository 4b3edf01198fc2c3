import type { ErrorDescription } from './error-description.js';

/** What keeps a corpus or a training run from ending in a model: a part of the catalogue. */
export const TRAINING_ERRORS = {
  corpus_empty: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The corpus has no text in it.',
  },
  corpus_too_small: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The corpus has fewer tokens than one training batch and the held-out parts need.',
  },
  vocabulary_too_small: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The corpus has too few different words, or too few that come more than once, to learn a language from.',
  },
  corpus_not_text: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'A file of the corpus is not text in UTF-8.',
  },
  archive_invalid: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'An uploaded .zip or .tar.gz is damaged, encrypted, or has an entry whose name leaves its folder.',
  },
  archive_too_large: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'An uploaded archive has more entries, or unpacks to more bytes, than is allowed.',
  },
  corpus_unreadable: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'A file or folder of the corpus does not exist or may not be read.',
  },
  corpus_mismatch: {
    status: 409,
    type: 'invalid_request_error',
    retried: false,
    meaning:
      'Models cannot be compared on a text, since they were not trained on it with one split and one vocabulary.',
  },
  training_diverged: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning:
      'The loss stopped being a finite number, or stayed worse than guessing; usually the learning rate is too high.',
  },
  training_process_died: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning:
      'The process that trained was killed or crashed, several times in a row without coming further; most often the memory of the machine was full.',
  },
  run_time_exceeded: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'The job ran for longer than MAX_RUN_SECONDS allows, all attempts together.',
  },
  model_unreadable: {
    status: 400,
    type: 'invalid_request_error',
    retried: false,
    meaning:
      'A TensorFlow.js model or its vocabulary cannot be imported: it is damaged, or computes something else than ours.',
  },
  device_unavailable: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning:
      'The engine or device that ENGINE and DEVICE ask for cannot be used on this machine; "npm run doctor" says why.',
  },
  graph_shape_mismatch: {
    status: 500,
    type: 'server_error',
    retried: false,
    meaning: 'Two tensors of a graph do not fit together; found when the graph is built.',
  },
  cancelled: {
    status: 409,
    type: 'invalid_request_error',
    retried: false,
    meaning: 'The work was cancelled before it was done.',
  },
} as const satisfies Record<string, ErrorDescription>;
