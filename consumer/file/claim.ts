import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * How long to wait for others that write the same file. They hold it for milliseconds. Longer than
 * {@link UNVERIFIABLE_FOR_MS}: whoever comes right after a crash that it cannot verify is to get through.
 */
const PATIENCE_MS = 30_000;
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 40;

/**
 * A claim of another machine or container, or of a process that cannot be told from its successor, counts this long.
 * It need not be sure: whoever is taken for dead and is not finds its claim gone before it renames, and begins again.
 */
const UNVERIFIABLE_FOR_MS = 20_000;

/**
 * The right to replace a file, which is at the same time the new file in the making: a file next to it, whose name says
 * which process it belongs to. Renaming it over the old file publishes and releases in one system call.
 */
export interface Claim {
  /** The claim's file: empty, mode 0600. To be renamed only: by name it may have become another one. */
  readonly path: string;
  /** The claim's file, as it was created. Everything is written through this. */
  readonly descriptor: number;
  /**
   * Whether the name still leads to the file that was created; undefined when the name is gone.
   *
   * In a folder of somebody else, that somebody can put another file or a link in its place.
   */
  readonly isInPlace: () => boolean | undefined;
  /** Gives the right up. After the file was renamed, this only closes it. */
  readonly release: () => void;
}

/** Somebody else does not finish. */
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

/** What process IDs are about: one boot of one machine, and in it one name space of processes. */
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
 * When a process began, so that a later one with its ID is not taken for it; '0' where the system does not tell, and
 * 'ended' for one that only waits for its parent to notice.
 */
const startOf = (pid: number | 'self'): string => {
  // proc(5): the name is in parentheses and may hold blanks. The state is field 3, the start is field 22.
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
    // Not what a link leads to: links among the claims are none of ours.
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

/** Whether whoever made the claim may still be at work. `now` is the time of the file system that holds it. */
const mayBeHeld = (owner: Owner, space: string, path: string, now: number): boolean => {
  if (owner.space === space) {
    if (!isAlive(owner.pid)) return false;
    const start = startOf(owner.pid);
    if (start !== '0' && owner.start !== '0') return start === owner.start;
  }
  const modified = modifiedAt(path);
  return modified !== undefined && now - modified < UNVERIFIABLE_FOR_MS;
};

/** The claims of others that count. Those that do not are removed: nobody else can get the name of a dead claim. */
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
 * Claims a file. Each process puts down a claim of its own and then looks for others; whoever finds another one takes
 * its own back and tries again after a random pause. Of two, at least the one that looks later sees the other, so two
 * never go on together. No claim is ever taken over, so there is no moment in which a live one could be mistaken for
 * the dead one that it replaced. A process that was killed leaves its claim, which the next removes.
 *
 * @param file - an absolute path without symbolic links
 * @throws {@link FileIsClaimed} after half a minute
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
      // The file system may be another machine's, with another clock; the claim's own time is told by the same.
      isOurs = !claimsOfOthers(file, space, path, modifiedAt(path) ?? Date.now());
    } finally {
      if (!isOurs) own.release();
    }
    if (isOurs) return own;
    await pause();
  } while (Date.now() < deadline);
  throw new FileIsClaimed(
    `another process has been writing it for ${PATIENCE_MS / 1000} seconds. If there is none, remove the files that ` +
      `begin with ${prefixOf(file)} next to it`,
  );
};
