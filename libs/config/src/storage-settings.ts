import { optional, setting } from './setting.js';
import { bucketName, flag, folder, httpUrl, integer, keyPrefix, name, redisUrl, secret } from './setting-kinds.js';

const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

/** Where the queue and the bytes are that several machines share. */
export const STORAGE_SETTINGS = {
  redisUrl: optional<string>(
    'REDIS_URL',
    redisUrl(),
    'Redis 6.2 or newer that holds the queue of training work, for the trainer. Without it, the queue is in PostgreSQL.',
  ),

  artifactDir: optional<string>(
    'ARTIFACT_DIR',
    folder(),
    'Where uploaded files and model bundles are kept, by their hash; with S3_BUCKET, where bundles are cached. Default: DATA_DIR/artifacts.',
  ),
  artifactCacheBytes: setting(
    'ARTIFACT_CACHE_BYTES',
    integer(MEBIBYTE, 1024 * GIBIBYTE),
    8 * GIBIBYTE,
    'With S3_BUCKET: how much of the disk the cached bundles in ARTIFACT_DIR may take; the one that was used longest ago goes first.',
  ),

  s3Bucket: optional<string>(
    'S3_BUCKET',
    bucketName(),
    'Bucket of an S3-compatible store that keeps uploaded files and model bundles. Without it, they are kept in ARTIFACT_DIR.',
  ),
  s3Prefix: optional<string>(
    'S3_PREFIX',
    keyPrefix(),
    'What the names of our objects in the bucket begin with, such as team/understudy. Default: nothing.',
  ),
  s3Endpoint: optional<string>(
    'S3_ENDPOINT',
    httpUrl(),
    'Address of the S3-compatible store, such as http://minio:9000. Default: that of AWS in S3_REGION.',
  ),
  s3Region: setting('S3_REGION', name(), 'us-east-1', 'Region of the bucket.'),
  s3PathStyle: setting(
    'S3_PATH_STYLE',
    flag(),
    true,
    'Whether the bucket stands in the path of an address (http://host/bucket/key), as MinIO and most others want it, or before the host.',
  ),
  s3AccessKeyId: optional<string>(
    'S3_ACCESS_KEY_ID',
    secret(),
    "Access key of the store. Without it, those that the AWS SDK finds: its own variables, its files, or the machine's role.",
  ),
  s3SecretAccessKey: optional<string>('S3_SECRET_ACCESS_KEY', secret(), 'Secret that belongs to S3_ACCESS_KEY_ID.'),
};
