import { loadConfig } from '#config';
import { isCodedError } from '#errors';
import { diagnose } from './diagnose.js';
import { renderDiagnosis } from './render-diagnosis.js';

/** `npm run doctor [-- --json]`. Exit code 0 when training can run as ENGINE and DEVICE say, 1 when it cannot. */
try {
  const { engine, device } = loadConfig();
  const diagnosis = await diagnose({ engine, device });
  process.stdout.write(
    process.argv.includes('--json') ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis),
  );
  if ('error' in diagnosis.choice) process.exitCode = 1;
} catch (error) {
  if (!isCodedError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
