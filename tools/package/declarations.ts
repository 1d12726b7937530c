import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const PROJECT = join(__dirname, '..', '..');

/** What a declaration refers to. */
const MODULES = /(?:from|import\()\s*'([^']+)'/g;

/** The declarations that others refer to, from the first one on. */
const reachableFrom = (first: string, allowed: readonly string[]): readonly string[] => {
  const found = new Set<string>([first]);
  for (const file of found) {
    for (const [, module = ''] of readFileSync(file, 'utf8').matchAll(MODULES)) {
      if (module.startsWith('.')) {
        found.add(join(dirname(file), `${module}.d.ts`));
      } else if (!allowed.some((name) => module === name || module.startsWith(`${name}/`))) {
        throw new Error(
          `${file} refers to ${module}, which whoever installs the package does not have. Allowed: ${allowed.join(', ')}. Declare in lib what the package gives without it.`,
        );
      }
    }
  }
  return [...found];
};

/**
 * Writes the declarations of what the package gives: the entry's, and those that it refers to, and no others.
 *
 * @param folder - Where they go. The entry is `lib/index.d.ts` in it.
 * @param allowed - The packages that declarations may refer to.
 * @throws Error if they refer to another one.
 */
export const writeDeclarations = (folder: string, allowed: readonly string[]): void => {
  const all = mkdtempSync(join(tmpdir(), 'declarations-'));
  try {
    const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [compiler, '-p', join(__dirname, 'tsconfig.json'), '--outDir', all], {
      stdio: 'inherit',
    });
    for (const file of reachableFrom(join(all, 'lib', 'index.d.ts'), allowed)) {
      cpSync(file, join(folder, relative(all, file)));
    }
  } finally {
    rmSync(all, { recursive: true });
  }
};
