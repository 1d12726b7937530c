import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * How long to wait for other processes that write the same file. They hold it for milliseconds. It is longer
 * than {@link UNVERIFIABLE_FOR_MS}, so that a writer can get through right after a crash that it cannot
 * verify.
 */
const PATIENCE_MS = 30_000;
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 40;

/**
 * How long a claim counts if it comes from another machine or container, or from a process that cannot be
 * told from its successor. A wrong guess does no harm: a live process that is taken for dead finds its claim
 * gone before it renames, and begins again.
 */
const UNVERIFIABLE_FOR_MS = 20_000;

/**
 * The right to replace a file. It is also the new file in the making: a file next to the old one, whose name
 * says which process it belongs to. Renaming it over the old file publishes and releases in one system call.
 */
export interface Claim {
  /**
   * The claim's file: empty, mode 0600. Use this path only for the rename: by then the name may lead to
   * another file.
   */
  readonly path: string;
  /** The claim's file, as it was created. Everything is written through this. */
  readonly descriptor: number;
  /**
   * Whether the name still leads to the file that was created; undefined if the name is gone.
   *
   * In a folder that belongs to another user, that user can put another file or a link in its place.
   */
  readonly isInPlace: () => boolean | undefined;
  /** Releases the claim. After the file was renamed, this only closes it. */
  readonly release: () => void;
}

/** Another process has not finished in time. */
export class FileIsClaimed extends Error {
  override readonly name = 'FileIsClaimed';
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

const readIfPossible = (path: string): string => {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

const linkIfPossible = (path: string): string => {
  try {
    return fs.readlinkSync(path);
  } catch {
    return '';
  }
};

/** The space in which process IDs are unique: one boot of one machine, and one process namespace in it. */
const processSpace = (): string =>
  createHash('sha256')
    .update(
      [
        hostname(),
        readIfPossible('/proc/sys/kernel/random/boot_id'),
        linkIfPossible('/proc/self/ns/pid'),
      ].join('\n'),
    )
    .digest('hex')
    .slice(0, 12);

/**
 * When a process began, so that a later one with its ID is not taken for it. '0' if the system does not tell,
 * and 'ended' for a process whose parent has not yet noticed its end.
 */
const startOf = (pid: number | 'self'): string => {
  // proc(5): the name is in parentheses and may contain blanks. The state is field 3, the start is field 22.
  const [, state, start] =
    /^.*\)\s+(\S)\s+(?:\S+\s+){18}(\d+)/s.exec(readIfPossible(`/proc/${pid}/stat`)) ?? [];
  return state === 'Z' || state === 'X' ? 'ended' : (start ?? '0');
};

interface Owner {
  readonly space: string;
  readonly pid: number;
  readonly start: string;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

const modifiedAt = (path: string): number | undefined => {
  try {
    // Of the name itself, not of a link's target: links among the claims are not ours.
    return fs.lstatSync(path).mtimeMs;
  } catch {
    return undefined;
  }
};

const removeIfThere = (path: string): void => {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
};

const prefixOf = (file: string): string => `.${basename(file)}.rotated-`;

const ownerOf = (name: string, prefix: string): Owner | undefined => {
  const [, space, pid, start] =
    /^([0-9a-f]{12})-(\d+)-(\d+)-[0-9a-f]{16}$/.exec(name.slice(prefix.length)) ?? [];
  return space === undefined || pid === undefined || start === undefined
    ? undefined
    : { space, pid: Number(pid), start };
};

/**
 * Whether the process that made the claim may still be at work. `now` is the time of the file system that
 * holds it.
 */
const mayBeHeld = (owner: Owner, space: string, path: string, now: number): boolean => {
  if (owner.space === space) {
    if (!isAlive(owner.pid)) return false;
    const start = startOf(owner.pid);
    if (start !== '0' && owner.start !== '0') return start === owner.start;
  }
  const modified = modifiedAt(path);
  return modified !== undefined && now - modified < UNVERIFIABLE_FOR_MS;
};

/**
 * The claims of others that count. The rest are removed: no other process can get the name of a dead claim.
 */
const claimsOfOthers = (file: string, space: string, own: string | undefined, now: number): boolean => {
  const directory = dirname(file);
  const prefix = prefixOf(file);
  let held = false;
  for (const name of fs.readdirSync(directory)) {
    const path = join(directory, name);
    const owner = name.startsWith(prefix) && path !== own ? ownerOf(name, prefix) : undefined;
    if (owner === undefined) continue;
    if (mayBeHeld(owner, space, path, now)) {
      held = true;
    } else {
      removeIfThere(path);
    }
  }
  return held;
};

const CREATE =
  fs.constants.O_CREAT |
  fs.constants.O_EXCL |
  fs.constants.O_WRONLY |
  // Windows has no such flag.
  (fs.constants.O_NOFOLLOW ?? 0);

const create = (path: string): Claim => {
  const descriptor = fs.openSync(path, CREATE, 0o600);
  return {
    path,
    descriptor,
    isInPlace: () => {
      const named = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
      const created = fs.fstatSync(descriptor, { bigint: true });
      return named && named.dev === created.dev && named.ino === created.ino;
    },
    release: () => {
      try {
        removeIfThere(path);
      } finally {
        fs.closeSync(descriptor);
      }
    },
  };
};

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
  });

/**
 * Claims a file. Each process creates a claim of its own and then looks for others. If it finds one, it
 * removes its own and tries again after a random pause. Of two processes, at least the one that looks later
 * sees the other, so two never go on together. No claim is ever taken over, so a live claim can never be
 * mistaken for the dead one that it replaced. A process that was killed leaves its claim, and the next one
 * removes it.
 *
 * @param file - An absolute path without symbolic links.
 * @throws {@link FileIsClaimed} after half a minute.
 */
export const claim = async (file: string): Promise<Claim> => {
  const space = processSpace();
  const owner = `${space}-${process.pid}-${startOf('self')}`;
  const deadline = Date.now() + PATIENCE_MS;
  do {
    const path = join(dirname(file), `${prefixOf(file)}${owner}-${randomBytes(8).toString('hex')}`);
    const own = create(path);
    let isOurs = false;
    try {
      // The file system may be on another machine, with another clock. The time of the own claim comes from
      // that clock.
      isOurs = !claimsOfOthers(file, space, path, modifiedAt(path) ?? Date.now());
    } finally {
      if (!isOurs) own.release();
    }
    if (isOurs) return own;
    await pause();
  } while (Date.now() < deadline);
  throw new FileIsClaimed(
    `another process has been writing it for ${PATIENCE_MS / 1000} seconds. If there is no such process, remove the files that ` +
      `begin with ${prefixOf(file)} next to it`,
  );
};
