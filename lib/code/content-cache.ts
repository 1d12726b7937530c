import { createHash, type Hash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** The files that say which packages there are: as they should be, and as installed. */
export const PACKAGE_FILES = ['package.json', 'package-lock.json', 'node_modules/.package-lock.json'];

/** The length goes first, so that the end of one part cannot be taken for the beginning of the next. */
const addPart = (hash: Hash, part: string | Uint8Array): void => {
  hash.update(`${Buffer.byteLength(part)}:`).update(part);
};

const addPath = (hash: Hash, root: string, path: string): void => {
  const absolute = join(root, path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  addPart(hash, path);
  if (stats === undefined) {
    addPart(hash, 'missing');
  } else if (stats.isDirectory()) {
    const names = readdirSync(absolute).sort();
    addPart(hash, `directory of ${names.length}`);
    for (const name of names) addPath(hash, root, join(path, name));
  } else {
    addPart(hash, 'file');
    addPart(hash, readFileSync(absolute));
  }
};

/**
 * A key made of everything that a result depends on: names and contents of files, and other values. Time
 * stamps play no part.
 *
 * @param root - The directory that the paths are relative to. It is not part of the key.
 * @param paths - Files, and directories with everything in them. A missing one counts as missing.
 * @param values - Everything else, as JSON.
 */
export const contentKey = (root: string, paths: readonly string[], values: unknown): string => {
  const hash = createHash('sha256');
  for (const path of paths) addPath(hash, root, path);
  addPart(hash, JSON.stringify(values));
  return hash.digest('hex');
};

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Results that take long to make, each in one file named by its {@link contentKey}. A file is either complete
 * or missing, even when several processes write the same one. A damaged file counts as missing.
 */
export class ContentCache<T> {
  /**
   * @param directory - Where the files are. It is created when needed.
   * @param keep - How many results are kept: the most recently used ones.
   */
  constructor(
    private readonly directory: string,
    private readonly keep: number,
  ) {}

  /** The result, or undefined if it has to be made. */
  get(key: string): T | undefined {
    const file = join(this.directory, key);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
      const now = new Date();
      utimesSync(file, now, now);
    } catch {
      // Missing, or just removed by another process. Making the result again is always right.
      return undefined;
    }
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    return text.slice(0, Math.max(0, end)) === digestOf(body) ? (JSON.parse(body) as T) : undefined;
  }

  /** Keeps a result, as JSON. If it cannot be written, it is made again the next time. */
  set(key: string, result: T): void {
    const body = JSON.stringify(result);
    const draft = join(this.directory, `${key}.${randomUUID()}`);
    try {
      mkdirSync(this.directory, { recursive: true });
      writeFileSync(draft, `${digestOf(body)}\n${body}`, { flag: 'wx' });
      renameSync(draft, join(this.directory, key));
      this.#prune(key);
    } catch {
      // A full or read-only disk, or another process that prunes: the result is just as good if it is not
      // kept.
    }
  }

  /**
   * Drafts that were never finished age like results, and are removed with them.
   *
   * @param youngest - What has just been written, whatever its time says: a file system's clock may be some milliseconds behind.
   */
  #prune(youngest: string): void {
    const usedAt = (name: string): number =>
      name === youngest
        ? Number.POSITIVE_INFINITY
        : (statSync(join(this.directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    const byUse = readdirSync(this.directory)
      .map((name) => ({ name, at: usedAt(name) }))
      .sort((a, b) => b.at - a.at);
    for (const { name } of byUse.slice(this.keep)) rmSync(join(this.directory, name), { force: true });
  }
}
