import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { artifactSettings } from '#artifacts';
import { loadConfig } from '#config';
import { guardAgainstLeaks } from '#testing';
import type { InspectionAnswer, InspectionOrder } from './inspection-messages.js';
import { archiveLimits } from './unpack-budget.js';

guardAgainstLeaks();

const CHILD_SCRIPT = fileURLToPath(new URL('./inspection-child.js', import.meta.url));
/** Root may raise a priority unless it gives that up, as in a container without capabilities. */
const WITHOUT_RIGHT = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'] : [];

it('the process that looks at a file answers also where it was started at a lower priority than it wants', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-inspection-'));
  const [command, ...words] = [...WITHOUT_RIGHT, 'nice', '-n', '15', process.execPath, CHILD_SCRIPT];
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  try {
    const answered = once(child, 'message');
    const config = loadConfig({ DATA_DIR: folder });
    const corpus = {
      filename: 'a.txt',
      sha256: '0'.repeat(64),
      format: 'text',
      limits: archiveLimits(config),
    } as const;
    child.send({ artifacts: artifactSettings(config), workFolder: folder, corpus } satisfies InspectionOrder);
    const [answer] = (await Promise.race([answered, ended])) as [InspectionAnswer];
    expect(answer).toMatchObject({ kind: 'failed', code: 'artifact_missing' });
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
});
