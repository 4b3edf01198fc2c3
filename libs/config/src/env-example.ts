import { SETTINGS } from './settings.js';

/** The text of `.env.example`: every variable with its meaning and default, commented out. */
export function renderEnvExample(): string {
  const entries = Object.values(SETTINGS).map((setting) => {
    // The union of all settings pairs each kind with its own fallback; the compiler sees only the union.
    const { kind, fallback } = setting as { kind: { write(value: unknown): string }; fallback: unknown };
    return `# ${setting.about}\n# ${setting.variable}=${fallback === null ? '' : kind.write(fallback)}\n`;
  });
  return [
    '# Every setting of the project with its default. Copy this file to .env and remove the "# " before a variable to change it;',
    '# a variable of the real environment goes before the one in .env. Written by "node scripts/write-documents.mjs".\n',
    ...entries,
  ].join('\n');
}
