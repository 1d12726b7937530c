import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { readCommandLine, runScript } from './ground/command-line';

const PROJECT = join(__dirname, '..');

/** The licences of the bundled packages, which require that their texts are included. Each built package has this file. */
export const LICENSES = 'THIRD-PARTY-LICENSES.txt';

/** Where a package is to go. */
export interface Destination {
  /** The repository, of which a build changes nothing but `dist`. */
  readonly project: string;
  readonly folder: string;
  /** The name of the package. */
  readonly name: string;
}

/** A package is not written to this folder. The message says why, and what to do. */
export class FolderRefused extends Error {
  override readonly name = 'FolderRefused';
}

/** What a build has begun and not ended. Whatever is there was left by one that was killed. */
const UNFINISHED = '.unfinished-package';

/** A path without symbolic links. What does not exist yet is where it would be made. */
const realOf = (path: string): string =>
  existsSync(path) ? realpathSync.native(path) : join(realOf(dirname(path)), basename(path));

const isWithin = (inner: string, outer: string): boolean => {
  const path = relative(outer, inner);
  return !isAbsolute(path) && path.split(sep)[0] !== '..';
};

/** Whether a build has written it. The name alone would be that of the repository, too. */
const isBuilt = (manifest: string, name: string): boolean => {
  try {
    const found = JSON.parse(readFileSync(manifest, 'utf8'));
    return found.name === name && found.files.includes(LICENSES);
  } catch {
    return false;
  }
};

const reasonAgainst = ({ project, folder, name }: Destination): string | undefined => {
  const [real, root] = [realOf(folder), realOf(project)];
  const isOwn = isWithin(real, join(root, 'dist'));
  if (isWithin(root, real)) return 'this project is in it';
  if (isWithin(real, root) && !isOwn) return 'it is in this project, which has only dist for packages';
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return 'it is a symbolic link';
  if (!found.isDirectory()) return 'it is not a folder';
  const entries = readdirSync(folder).filter((entry) => entry !== UNFINISHED);
  const isOthers = entries.includes('package.json')
    ? !isBuilt(join(folder, 'package.json'), name)
    : entries.length > 0 && !isOwn;
  return isOthers ? `it has files, and is no package ${name} that was built before` : undefined;
};

const prepare = (destination: Destination): string => {
  const { folder } = destination;
  const unfinished = join(folder, UNFINISHED);
  let reason: string | undefined;
  try {
    reason = reasonAgainst(destination);
    if (reason === undefined) {
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { recursive: true });
    }
  } catch (error) {
    reason = (error as Error).message;
  }
  if (reason === undefined) return unfinished;
  throw new FolderRefused(
    `The package is not written to ${folder}: ${reason}. Nothing was changed. Give one outside of this project that does not exist yet, or is empty.`,
  );
};

/**
 * Writes a package to a folder: a new or an empty one, or one that has the package already. There it replaces what it writes, at the
 * end: if the build fails, what was there stays. What else is there stays in any case.
 *
 * @param write - Writes the whole package to the folder that it is given, which is empty.
 * @throws FolderRefused if the folder could be somebody's.
 */
export const writePackage = async (
  destination: Destination,
  write: (folder: string) => void | Promise<void>,
): Promise<void> => {
  const unfinished = prepare(destination);
  try {
    await write(unfinished);
    for (const name of readdirSync(unfinished)) {
      rmSync(join(destination.folder, name), { recursive: true, force: true });
      renameSync(join(unfinished, name), join(destination.folder, name));
    }
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
};

/** Reads the command line of a script that builds a package. */
export const parseCommand = (script: string, byDefault: string, args: readonly string[]) =>
  readCommandLine<{ readonly kind: 'build'; readonly folder: string }>(
    `npm run ${script} --`,
    args,
    (program, hand) => {
      program
        .description(
          'Writes the package to a folder: a new or an empty one, or one that has the package already. There it ' +
            'replaces what it writes, and nothing else, when the build has succeeded.',
        )
        .argument('[folder]', `the folder (${byDefault})`)
        .action((folder: string | undefined) =>
          hand({ kind: 'build', folder: folder === undefined ? join(PROJECT, byDefault) : resolve(folder) }),
        );
    },
  );

/** Runs a script that builds a package. */
export const runBuild = (
  script: string,
  byDefault: string,
  build: (folder: string) => Promise<void>,
): Promise<void> =>
  runScript(parseCommand(script, byDefault, process.argv.slice(2)), async ({ folder }) => {
    try {
      await build(folder);
      return 0;
    } catch (error) {
      if (!(error instanceof FolderRefused)) throw error;
      process.stderr.write(`error: ${error.message}\nSee npm run ${script} -- --help.\n`);
      return 2;
    }
  });
