import {
  decimal,
  flag,
  folder,
  host,
  integer,
  name,
  oneOf,
  pairs,
  postgresUrl,
  type SettingKind,
} from './setting-kinds.js';

interface Setting<T> {
  readonly variable: string;
  readonly kind: SettingKind<NonNullable<T>>;
  readonly fallback: T;
  readonly about: string;
}

function setting<T>(variable: string, kind: SettingKind<T>, fallback: NoInfer<T>, about: string): Setting<T> {
  return { variable, kind: kind as SettingKind<NonNullable<T>>, fallback, about };
}

/** A setting that may be left out altogether; then it is `null`. */
function optional<T>(variable: string, kind: SettingKind<NonNullable<T>>, about: string): Setting<T | null> {
  return { variable, kind, fallback: null, about };
}

const PORT_MAXIMUM = 65_535;
const THREADS_MAXIMUM = 1024;
const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

/**
 * Every setting of the project: environment variable, kind, default and meaning. `Config`, the messages and
 * `.env.example` are made from this table.
 */
export const SETTINGS = {
  databaseUrl: optional<string>(
    'DATABASE_URL',
    postgresUrl(),
    'PostgreSQL 15 or newer. Without it, "npm start" runs its own PostgreSQL in DATA_DIR/postgres.',
  ),
  dataDir: setting(
    'DATA_DIR',
    folder(),
    '.understudy',
    'Where everything is kept that the project writes; created when missing.',
  ),
  artifactDir: optional<string>(
    'ARTIFACT_DIR',
    folder(),
    'Where uploaded files and model bundles are kept, by their hash. Default: DATA_DIR/artifacts.',
  ),
  runsDir: optional<string>(
    'RUNS_DIR',
    folder(),
    'Where training runs work: checkpoints, metrics, logs. Default: DATA_DIR/runs.',
  ),
  tensorBoardDir: optional<string>(
    'TENSORBOARD_DIR',
    folder(),
    'Where runs write event files for TensorBoard, a folder each; kept after the run. Default: DATA_DIR/tensorboard.',
  ),
  postgresPort: setting(
    'POSTGRES_PORT',
    integer(0, PORT_MAXIMUM),
    0,
    'Port of the PostgreSQL that "npm start" runs; 0 takes a free one.',
  ),

  trainerHost: setting('TRAINER_HOST', host(), '127.0.0.1', 'Address that the trainer listens on.'),
  trainerPort: setting(
    'TRAINER_PORT',
    integer(0, PORT_MAXIMUM),
    4100,
    'Port that the trainer listens on; 0 takes a free one.',
  ),
  generatorHost: setting('GENERATOR_HOST', host(), '127.0.0.1', 'Address that the generator listens on.'),
  generatorPort: setting(
    'GENERATOR_PORT',
    integer(0, PORT_MAXIMUM),
    4000,
    'Port that the generator listens on; 0 takes a free one.',
  ),

  logLevel: setting(
    'LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'How much is logged: fatal, error, warn, info, debug, trace or silent.',
  ),
  logFormat: setting(
    'LOG_FORMAT',
    oneOf('json', 'pretty'),
    'json',
    'How it is logged: json (a line per event) or pretty (for people).',
  ),

  logPrompts: setting(
    'LOG_PROMPTS',
    flag(),
    false,
    'Writes prompts and completions into the log line of their request. They are what users wrote: keep such logs safe.',
  ),

  maxUploadBytes: setting(
    'MAX_UPLOAD_BYTES',
    integer(1, 1024 * GIBIBYTE),
    2 * GIBIBYTE,
    'Largest file that the trainer takes, in bytes.',
  ),
  archiveMaxEntries: setting(
    'ARCHIVE_MAX_ENTRIES',
    integer(1, 100_000_000),
    100_000,
    'Most entries of an uploaded .zip or .tar.gz.',
  ),
  archiveMaxBytes: setting(
    'ARCHIVE_MAX_BYTES',
    integer(1, 1024 * GIBIBYTE),
    8 * GIBIBYTE,
    'Largest size of an uploaded archive once it is unpacked, in bytes.',
  ),
  archiveMaxRatio: setting(
    'ARCHIVE_MAX_RATIO',
    integer(1, 100_000),
    100,
    'Most bytes that an uploaded archive unpacks to, for each of its own; text has 3 to 10.',
  ),
  maxBodyBytes: setting(
    'MAX_BODY_BYTES',
    integer(1024, 64 * MEBIBYTE),
    MEBIBYTE,
    'Largest JSON body that a service takes, in bytes.',
  ),
  maxPromptTokens: setting(
    'MAX_PROMPT_TOKENS',
    integer(1, 1_000_000),
    8192,
    'Longest prompt of a completion, in tokens.',
  ),
  maxCompletionTokens: setting(
    'MAX_COMPLETION_TOKENS',
    integer(1, 1_000_000),
    4096,
    'Largest max_tokens of a completion.',
  ),
  maxChoices: setting(
    'MAX_CHOICES',
    integer(1, 1024),
    128,
    'Most sequences that one completion request may ask for: prompts times the largest of n, best_of and beam_width.',
  ),
  lenientRequests: setting(
    'LENIENT_REQUESTS',
    flag(),
    false,
    'Ignores suffix, and stream_options without stream, instead of refusing them; the answer says so in a warning header.',
  ),
  maxBatchSize: setting('MAX_BATCH_SIZE', integer(1, 1024), 64, 'Most sequences that are decoded in one step.'),
  maxQueuedRequests: setting(
    'MAX_QUEUED_REQUESTS',
    integer(0, 1_000_000),
    1024,
    'Most sequences that wait for a place in the batch; more are answered 503.',
  ),
  maxQueuedTokens: setting(
    'MAX_QUEUED_TOKENS',
    integer(1, 1_000_000_000),
    1_000_000,
    'Most tokens that wait for a place in the batch, prompts and max_tokens together, estimated; more are answered 503.',
  ),
  keyRequestsPerMinute: setting(
    'KEY_REQUESTS_PER_MINUTE',
    integer(0, 1_000_000_000),
    1_000_000,
    'Completion requests that an API key without a limit of its own may send to a replica per minute; 0 sets no limit.',
  ),
  keyTokensPerMinute: setting(
    'KEY_TOKENS_PER_MINUTE',
    integer(0, 1_000_000_000_000),
    100_000_000,
    'Tokens that an API key without a limit of its own may use of a replica per minute; 0 sets no limit.',
  ),
  keyConcurrentRequests: setting(
    'KEY_CONCURRENT_REQUESTS',
    integer(0, 1_000_000),
    0,
    'Completion requests that an API key without a limit of its own may have under way at once; 0 sets no limit.',
  ),
  requestTimeoutMs: setting(
    'REQUEST_TIMEOUT_MS',
    integer(0, DAY_MS),
    30_000,
    'How long a client of the generator may take to send a request, in milliseconds; 0 sets no limit.',
  ),
  streamKeepAliveMs: setting(
    'STREAM_KEEP_ALIVE_MS',
    integer(10, DAY_MS),
    10_000,
    'After how long without text a stream tells its client that it is still there, in milliseconds.',
  ),

  maxLoadedVersions: setting(
    'MAX_LOADED_VERSIONS',
    integer(2, 64),
    3,
    'Most model versions that a generator keeps in memory, the one that serves and the one before it included.',
  ),
  maxLoadedBytes: setting(
    'MAX_LOADED_BYTES',
    integer(MEBIBYTE, 1024 * GIBIBYTE),
    4 * GIBIBYTE,
    'Memory that loaded versions may take together, as estimated; beyond it the one that was used longest ago is unloaded. The versions that a deployment serves and served before stay.',
  ),

  trainingThreads: setting(
    'TRAINING_THREADS',
    integer(0, THREADS_MAXIMUM),
    0,
    'Threads of a training run; 0 takes every core.',
  ),
  engine: setting(
    'ENGINE',
    oneOf('auto', 'onnxruntime', 'tensorflow'),
    'auto',
    'What computes training: onnxruntime, tensorflow (TensorFlow.js), or auto; "npm run doctor" says which and why.',
  ),
  device: setting(
    'DEVICE',
    oneOf('auto', 'cpu', 'cuda', 'webgpu'),
    'auto',
    'Where training is computed: cpu, cuda, webgpu, or auto, the fastest that was tried with success.',
  ),
  servingThreads: setting(
    'SERVING_THREADS',
    integer(0, THREADS_MAXIMUM),
    0,
    'Threads that a model decodes with; 0 takes every core but one, which answers HTTP.',
  ),
  servingPrecision: setting(
    'SERVING_PRECISION',
    oneOf('auto', 'float32', 'int8'),
    'auto',
    'Arithmetic of the decoder: float32, int8 where a version has it, or auto, int8 where it was measured to hold the accuracy.',
  ),
  int8MaxPerplexityPercent: setting(
    'INT8_MAX_PERPLEXITY_PERCENT',
    decimal(0, 100),
    1,
    'How much higher the perplexity of int8 may be than that of float32 for a new version to be served with it, in percent.',
  ),
  int8MaxTop1Points: setting(
    'INT8_MAX_TOP1_POINTS',
    decimal(0, 100),
    0.3,
    'How much lower the top-1 accuracy of int8 may be than that of float32 for the same, in percentage points.',
  ),

  deployment: setting('DEPLOYMENT', name(), 'production', 'Deployment whose model this generator serves.'),
  modelAliases: setting(
    'MODEL_ALIASES',
    pairs(),
    Object.freeze({}),
    'More names for models: pairs name=target separated by commas, such as gpt-3.5-turbo-instruct=production.',
  ),

  pollIntervalMs: setting(
    'POLL_INTERVAL_MS',
    integer(100, DAY_MS),
    5000,
    'How often the database is asked for changes that a notification may have missed, in milliseconds.',
  ),
  heartbeatIntervalMs: setting(
    'HEARTBEAT_INTERVAL_MS',
    integer(100, DAY_MS),
    2000,
    'How often a running job says that it is alive, in milliseconds.',
  ),
  runLostAfterMs: setting(
    'RUN_LOST_AFTER_MS',
    integer(1000, DAY_MS),
    30_000,
    'How long a running job may be silent before it is queued again, in milliseconds.',
  ),
  checkpointIntervalSeconds: setting(
    'CHECKPOINT_INTERVAL_SECONDS',
    integer(0, DAY_MS / 1000),
    60,
    'How often a running job saves the state that it can be resumed from, in seconds; 0 saves it after every step.',
  ),
  maxRunSeconds: setting(
    'MAX_RUN_SECONDS',
    integer(0, 365 * (DAY_MS / 1000)),
    0,
    'How long a job may run, all attempts together, before it fails, in seconds; 0 sets no limit.',
  ),
  pauseGraceMs: setting(
    'PAUSE_GRACE_MS',
    integer(0, DAY_MS),
    60_000,
    'How long a paused job may take to save its state before it is killed, in milliseconds; then it goes on from the state before.',
  ),
  machineName: optional<string>(
    'MACHINE_NAME',
    name(),
    'Name of the machine whose devices the trainer uses; trainers with the same name take turns. Default: its host name.',
  ),
  cancelGraceMs: setting(
    'CANCEL_GRACE_MS',
    integer(0, DAY_MS),
    10_000,
    'How long a cancelled job may take to stop by itself before it is killed, in milliseconds.',
  ),
  shutdownGraceMs: setting(
    'SHUTDOWN_GRACE_MS',
    integer(0, DAY_MS),
    15_000,
    'How long requests under way may take when a service stops, in milliseconds.',
  ),
  shutdownDelayMs: setting(
    'SHUTDOWN_DELAY_MS',
    integer(0, DAY_MS),
    0,
    'How long a generator that was told to stop still takes requests while /health/ready says 503, in milliseconds: what a load balancer needs to notice.',
  ),

  checkpointKeepEvery: setting(
    'CHECKPOINT_KEEP_EVERY',
    integer(0, 1_000_000),
    5,
    'Of the checkpoints of a run, every so many-th is kept besides the best and the last; 0 keeps no other, 1 keeps all.',
  ),
  artifactGraceMs: setting(
    'ARTIFACT_GRACE_MS',
    integer(0, 30 * DAY_MS),
    3_600_000,
    'How long bytes in ARTIFACT_DIR stay that nothing needs any more, in milliseconds.',
  ),

  testDatabaseUrl: optional<string>(
    'TEST_DATABASE_URL',
    postgresUrl(),
    'PostgreSQL server for "npm test", whose user may create databases. Without it, the tests run their own.',
  ),
};
