import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { listFolders, root } from './source-files.js';

const nameLimit = 15;
const libs = listFolders('libs');

describe('front doors', () => {
  it.each(libs)(`libs/%s has an index.ts that names what it exports, at most ${nameLimit} names`, (lib) => {
    const path = join(root, 'libs', lib, 'src/index.ts');
    expect(existsSync(path)).toBe(true);
    const names = listExportedNames(path);
    expect(names).not.toContain('*');
    expect(names.length).toBeGreaterThan(0);
    expect(names.length, names.join(', ')).toBeLessThanOrEqual(nameLimit);
  });
});

/** Names that a file exports; '*' for each `export *`. */
function listExportedNames(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023);
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      return clause && ts.isNamedExports(clause) ? clause.elements.map((element) => element.name.text) : ['*'];
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
    return isExported ? ['(declared in index.ts)'] : [];
  });
}
