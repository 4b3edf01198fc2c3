import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { listFolders, root } from './source-files.js';

const valueLimit = 15;
const nameLimit = 20;
const libs = listFolders('libs');

describe('front doors', () => {
  it.each(libs)(
    `libs/%s has an index.ts that names what it exports, at most ${valueLimit} values and ${nameLimit} names`,
    (lib) => {
      const path = join(root, 'libs', lib, 'src/index.ts');
      expect(existsSync(path)).toBe(true);
      const names = listExportedNames(path);
      expect(names).not.toContain('*');
      expect(names.length).toBeGreaterThan(0);
      expect(names.length, names.join(', ')).toBeLessThanOrEqual(nameLimit);
      const values = names.filter((name) => !name.startsWith('type '));
      expect(values.length, values.join(', ')).toBeLessThanOrEqual(valueLimit);
    },
  );
});

/** Names that a file exports, types as `type Name`; '*' for each `export *`. */
function listExportedNames(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023);
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return isExported(statement) ? ['(declared in index.ts)'] : [];
    const { exportClause: clause, isTypeOnly } = statement;
    if (clause === undefined) return ['*'];
    const elements = ts.isNamespaceExport(clause) ? [clause] : [...clause.elements];
    return elements.map((element) => {
      const isType = isTypeOnly || (ts.isExportSpecifier(element) && element.isTypeOnly);
      return `${isType ? 'type ' : ''}${element.name.text}`;
    });
  });
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return (modifiers ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
}
