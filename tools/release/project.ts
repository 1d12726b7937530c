import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckedOut, sectionsOf, type Tree, type Versions } from './readiness';

/** Git has answered something else than what was asked for. */
export class NotAClone extends Error {
  override readonly name = 'NotAClone';
}

const git = (root: string, ...args: readonly string[]): string => {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new NotAClone(
      `git ${args.join(' ')} failed: a release is checked in a clone, at a commit.\n${(error as Error).message}`,
    );
  }
};

/** The commit that is checked out. */
export const commitOf = (root: string): string => git(root, 'rev-parse', 'HEAD').trim();

/** The version in package.json. */
export const versionOf = (root: string): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }).version;

/** Where a working tree says which version it is. */
export const readVersions = (root: string): Versions => {
  const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8');
  const lock = JSON.parse(read('package-lock.json')) as {
    readonly version?: string;
    readonly packages: Readonly<Record<string, { readonly version?: string }>>;
  };
  return {
    version: versionOf(root),
    locked: [lock.version, lock.packages['']?.version],
    sections: sectionsOf(read('CHANGELOG.md')),
    tarballs: [...read('docs', 'package.md').matchAll(/iam-access-key-rotation-(\S+)\.tgz/g)].map(
      ([, version = '']) => version,
    ),
  };
};

/** What is checked out. A setting of the person must not hide files that git does not know. */
export const readCheckedOut = (root: string, expected: string): CheckedOut => ({
  expected,
  commit: commitOf(root),
  uncommitted: git(root, 'status', '--porcelain', '--untracked-files=normal').split('\n').filter(Boolean),
});

/** The state of a working tree. */
export const readTree = (root: string, expected: string): Tree => {
  const recorded = join(root, 'test', 'state-machine', 'recorded', versionOf(root), 'definition.asl.json');
  return {
    ...readCheckedOut(root, expected),
    definition: readFileSync(join(root, 'state-machine', 'access-key-rotation.asl.json'), 'utf8'),
    recorded: existsSync(recorded) ? readFileSync(recorded, 'utf8') : undefined,
  };
};
