// What a container engine asks a service: node scripts/check-health.mjs PORT. Exit code 0 when it answers.
import { get } from 'node:http';

get({ host: '127.0.0.1', port: Number(process.argv[2]), path: '/health/live', timeout: 4000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
