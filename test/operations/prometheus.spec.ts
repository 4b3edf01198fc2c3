import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const isPresent = spawnSync('promtool', ['--version']).error === undefined;
if (!isPresent)
  process.stderr.write(
    'promtool is not installed (Debian: apt-get install prometheus): the rules of Prometheus are NOT checked.\n',
  );

/** What promtool says, and its exit code. */
function promtool(...parameters: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', parameters, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe.skipIf(!isPresent)('the configuration of Prometheus', () => {
  it('is one that Prometheus takes, with its rules', () => {
    const { status, output } = promtool('check', 'config', 'deploy/prometheus/prometheus.yml');
    expect(output).toContain('rules found');
    expect(status).toBe(0);
  });

  it('calls somebody in each case that it is there for, and nobody when all is well', () => {
    const { status, output } = promtool('test', 'rules', 'deploy/prometheus/alerts.test.yml');
    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});
