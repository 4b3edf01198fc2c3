import { optional, setting } from './setting.js';
import { decimal, folder, integer, name, oneOf } from './setting-kinds.js';

const THREADS_MAXIMUM = 1024;
const DAY_MS = 86_400_000;
const GIBIBYTE = 1024 ** 3;

/** Settings of the trainer: uploads, where and with what runs are computed, how they are watched, what is kept. */
export const TRAINING_SETTINGS = {
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
  machineName: optional<string>(
    'MACHINE_NAME',
    name(),
    'Name of the machine whose devices the trainer uses; trainers with the same name take turns. Default: its host name.',
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
    'How long a running job may be silent before it is queued again, in milliseconds; at least three times HEARTBEAT_INTERVAL_MS.',
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
  cancelGraceMs: setting(
    'CANCEL_GRACE_MS',
    integer(0, DAY_MS),
    10_000,
    'How long a cancelled job may take to stop by itself before it is killed, in milliseconds.',
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
};
