import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Claim, claim, FileIsClaimed } from './claim';
import type { AccessKey } from './key-document';
import { keyOfProfile, UneditableFile, withKey } from './profile-editor';

/** Nobody but the owner: the file holds secrets. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** As many symbolic links as Linux follows. */
const MOST_LINKS = 40;

/** How often to begin again when somebody without a claim, such as an editor, changes the file meanwhile. */
const MOST_ATTEMPTS = 10;

/** The file could not be read or written. What was in it is still in it. */
export class CredentialsFileError extends Error {
  override readonly name = 'CredentialsFileError';
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its symbolic links lead nowhere',
};

/** The system's messages name the temporary file, which helps nobody. */
const reasonOf = (error: unknown): string => {
  if (error instanceof UneditableFile || error instanceof FileIsClaimed) return error.message;
  const code = codeOf(error);
  if (typeof code !== 'string') throw error;
  return REASONS[code] ?? `the system says ${code}`;
};

/** The path of the file itself: a link to it is to stay a link. */
const withoutLinks = (path: string, links = 0): string => {
  const folder = dirname(resolve(path));
  fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const real = join(fs.realpathSync(folder), basename(path));
  if (links > MOST_LINKS) throw Object.assign(new Error('Too many links'), { code: 'ELOOP' });
  const isLink = fs.lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? withoutLinks(resolve(dirname(real), fs.readlinkSync(real)), links + 1) : real;
};

interface Existing {
  /** One character per byte. */
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const readExisting = (path: string): Existing | undefined => {
  const stats = fs.statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw new UneditableFile('it is not a file');
  const { mode, uid, gid } = stats;
  return { content: fs.readFileSync(path, 'latin1'), mode: mode & 0o7777, uid, gid };
};

const writeAll = (descriptor: number, bytes: Buffer): void => {
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
  }
};

/** Fills the claim's file, and has the disk confirm it: a rename may reach the disk before the content does. */
const fill = (path: string, content: string, existing: Existing | undefined): void => {
  const descriptor = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_TRUNC);
  try {
    // A umask may have taken away more, and root may be keeping somebody else's file.
    fs.fchmodSync(descriptor, FILE_MODE);
    if (existing !== undefined && existing.uid !== fs.fstatSync(descriptor).uid) {
      fs.fchownSync(descriptor, existing.uid, existing.gid);
    }
    writeAll(descriptor, Buffer.from(content, 'latin1'));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
};

/** Makes the rename last. Windows has no such call, and no need of it. */
const syncFolder = (path: string): void => {
  if (process.platform === 'win32') return;
  try {
    const descriptor = fs.openSync(dirname(path), fs.constants.O_RDONLY);
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    throw new CredentialsFileError(
      `${path} was written, but the disk did not confirm it: ${reasonOf(error)}. It is whole, new or old.`,
    );
  }
};

/** What an attempt came to; undefined when somebody was faster. */
const attempt = (
  path: string,
  held: Claim,
  profile: string,
  key: AccessKey,
): 'updated' | 'unchanged' | undefined => {
  const existing = readExisting(path);
  const content = withKey(existing?.content ?? '', profile, key);
  if (existing !== undefined && content === existing.content) {
    if (existing.mode !== FILE_MODE) fs.chmodSync(path, FILE_MODE);
    return 'unchanged';
  }
  fill(held.path, content, existing);
  // Not every program that writes this file claims it first.
  if (readExisting(path)?.content !== existing?.content) return undefined;
  try {
    fs.renameSync(held.path, path);
  } catch (error) {
    // Another process took this one for dead and removed its claim, before it read the file itself.
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  syncFolder(path);
  return 'updated';
};

/**
 * Puts the key into a profile of a credentials file, whole or not at all: a reader sees the old file or the new one,
 * and so does whoever comes after a crash at any moment. What a crash leaves behind is an extra file, which the next
 * call removes.
 *
 * @param file - may be a symbolic link; it and its folder need not exist
 * @returns `unchanged` when the profile holds the key already; the file is not written then
 * @throws {@link CredentialsFileError} when the file cannot be read or written; it is as it was
 */
export const writeKey = async (
  file: string,
  profile: string,
  key: AccessKey,
): Promise<'updated' | 'unchanged'> => {
  try {
    const path = withoutLinks(file);
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
      const held = await claim(path);
      try {
        const result = attempt(path, held, profile, key);
        if (result !== undefined) return result;
      } finally {
        held.release();
      }
    }
  } catch (error) {
    if (error instanceof CredentialsFileError) throw error;
    throw new CredentialsFileError(`${file} could not be written: ${reasonOf(error)}. It is as it was.`);
  }
  throw new CredentialsFileError(
    `${file} could not be written: something else keeps changing it. It was left alone.`,
  );
};

/**
 * The key that a profile of a credentials file holds; undefined when there is none.
 *
 * @throws {@link CredentialsFileError} when the file cannot be read
 */
export const readKey = (file: string, profile: string): AccessKey | undefined => {
  try {
    const existing = readExisting(file);
    return existing === undefined ? undefined : keyOfProfile(existing.content, profile);
  } catch (error) {
    throw new CredentialsFileError(`${file} could not be read: ${reasonOf(error)}.`);
  }
};
