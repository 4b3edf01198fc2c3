import { setting } from './setting.js';
import { flag, integer, name, oneOf, pairs } from './setting-kinds.js';

const THREADS_MAXIMUM = 1024;
const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

/** Settings of the generator: what it serves, limits, memory, and what the administration may do. */
export const SERVING_SETTINGS = {
  deployment: setting('DEPLOYMENT', name(), 'production', 'Deployment whose model this generator serves.'),
  modelAliases: setting(
    'MODEL_ALIASES',
    pairs(),
    Object.freeze({}),
    'More names for models: pairs name=target separated by commas, such as gpt-3.5-turbo-instruct=production.',
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
  shutdownDelayMs: setting(
    'SHUTDOWN_DELAY_MS',
    integer(0, DAY_MS),
    0,
    'How long a generator that was told to stop still takes requests while /health/ready says 503, in milliseconds: what a load balancer needs to notice.',
  ),

  replicaLostAfterMs: setting(
    'REPLICA_LOST_AFTER_MS',
    integer(6000, DAY_MS),
    10_000,
    'How long a generator may report nothing before the list of replicas calls it lost, in milliseconds; it reports every 2000.',
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
  servingThreads: setting(
    'SERVING_THREADS',
    integer(0, THREADS_MAXIMUM),
    0,
    'Threads that a model version decodes with, each with a share of the sequences and the weights in its memory; 0 takes every core but one, which answers HTTP, and at most 4.',
  ),
  servingPrecision: setting(
    'SERVING_PRECISION',
    oneOf('auto', 'float32', 'int8'),
    'auto',
    'Arithmetic of the decoder: float32, int8 where a version has it, or auto, int8 where it was measured to hold the accuracy.',
  ),

  observationDays: setting(
    'OBSERVATION_DAYS',
    integer(1, 3650),
    90,
    'How long the observations of a release stay after its end, in days: a replay and the trial of another policy need them. Its statistics and evidence stay.',
  ),
  completionRecordHours: setting(
    'COMPLETION_RECORD_HOURS',
    integer(0, 24 * 365),
    24,
    'How long the registry knows which version wrote a completion, in hours; 0 records nothing. No text is in these records.',
  ),
  completionRecordsPerSecond: setting(
    'COMPLETION_RECORDS_PER_SECOND',
    integer(1, 100_000),
    200,
    'Completions of a generator that are recorded per second at most; of those beyond, nobody can look up the version.',
  ),
  webhookPrivateAddresses: setting(
    'WEBHOOK_PRIVATE_ADDRESSES',
    flag(),
    false,
    'Whether webhooks may be sent to this machine and to private networks. Off, nobody with an administrator key can make the generator call what only it can reach.',
  ),
};
