import { spawnSync } from 'node:child_process';

/** What renders an overlay, the command and the words before its folder. */
const RENDERERS = [
  ['kustomize', 'build'],
  ['kubectl', 'kustomize'],
] as const;

/** The first of those that this machine has; null where it has none. */
export const RENDERER =
  RENDERERS.find(([command]) => spawnSync(command, ['version', '--client']).error === undefined) ?? null;

/** What an overlay comes to, as `kubectl apply -k` would send it. @throws Error with what the renderer complains about */
export function renderOverlay(path: string): string {
  if (RENDERER === null) throw new Error('Neither kustomize nor kubectl is here.');
  const [command, ...words] = RENDERER;
  const { status, stdout, stderr } = spawnSync(command, [...words, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}: ${stderr}`);
  return stdout;
}
