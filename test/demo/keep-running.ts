import type { DemoEnd } from './rollback-demo.js';

/** Says how to look at the release, and waits until a person stops everything. @throws when a service ends by itself */
export async function keepRunning({ ground, release }: DemoEnd, tell: (line: string) => void): Promise<void> {
  tell(`
Everything goes on until Ctrl-C. In another terminal:
  DATABASE_URL=${ground.connectionString} npm run release:replay -- ${release.id}
  DATABASE_URL=${ground.connectionString} npm run release:aa-test -- ${release.id}
The console is at ${ground.generators[0]!}/ and asks for this key: ${ground.key}`);
  await new Promise<void>((resolve, reject) => {
    ground.signal.addEventListener('abort', () => reject(ground.signal.reason as Error));
    // They stay: npm passes on the signal that the terminal has sent already.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}
