import { fileURLToPath } from 'node:url';
import type { ContainerEngine } from './container-engine.js';
import type { ContainerStack } from './container-stack.js';
import { until } from './until.js';

const BUCKET = 'models';
/** As the profile `s3` of the compose file has it. */
const HOST = 's3';
const PORT = 9000;
const FOLDER = '/tmp/objects';
const PACKAGES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** What the services need to keep their artifacts in the store. */
export const S3_SETTINGS = {
  S3_BUCKET: BUCKET,
  S3_ENDPOINT: `http://${HOST}:${PORT}`,
  S3_ACCESS_KEY_ID: 'S3RVER',
  S3_SECRET_ACCESS_KEY: 'S3RVER',
};

/**
 * A server that speaks S3 in a container beside those of a stack, at the address that the profile `s3` gives its MinIO: the package
 * s3rver, which the other tests use, in an image that is there anyway, so that nothing has to be pulled.
 */
export class S3Store {
  private constructor(
    private readonly engine: ContainerEngine,
    private readonly name: string,
  ) {}

  /** @param stack whose network is there already */
  static async start({ engine, network }: ContainerStack): Promise<S3Store> {
    const name = `${network}-${HOST}`;
    const words = ['/store/node_modules/s3rver/bin/s3rver.js', '-s', '-a', '0.0.0.0', '-p', String(PORT), '-d', FOLDER];
    await engine.output(
      ...['run', '-d', '--name', name, '--network', network, '--network-alias', HOST, '--read-only'],
      ...['--tmpfs', '/tmp', '-v', `${PACKAGES}:/store/node_modules:ro`, 'understudy-generator', 'node'],
      ...[...words, '--allow-mismatched-signatures', '--no-vhost-buckets', '--configure-bucket', BUCKET],
    );
    const store = new S3Store(engine, name);
    const ask = `fetch('http://${HOST}:${PORT}').then(() => process.exit(0), () => process.exit(1))`;
    await until('the store answers', () =>
      engine.output('exec', name, 'node', '-e', ask).then(
        () => true,
        () => false,
      ),
    );
    return store;
  }

  /** How many objects it holds. */
  async countObjects(): Promise<number> {
    const found = await this.engine.output('exec', this.name, 'find', FOLDER, '-name', '*_object', '-type', 'f');
    return found.split('\n').filter(Boolean).length;
  }

  async close(): Promise<void> {
    await this.engine.output('rm', '-f', this.name);
  }
}
