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
  EFBIG: 'a limit on the size of files is reached',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its symbolic links lead nowhere',
  EBUSY:
    'it is mounted by itself, as containers do with single files, so that nothing can take its place. Mount its folder',
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

/** Windows has none of these flags. A pipe in the place of the file must not keep us waiting for whoever writes it. */
const READ = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);
const READ_NO_LINK = READ | (fs.constants.O_NOFOLLOW ?? 0);

/** Reads the file, and may let something be done to the very file that was read, whatever its name leads to by now. */
const readExisting = (
  path: string,
  flags: number,
  use: (existing: Existing, descriptor: number) => void = () => {},
): Existing | undefined => {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, flags);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) throw new UneditableFile('it is not a file');
    const { mode, uid, gid } = stats;
    const existing = { content: fs.readFileSync(descriptor, 'latin1'), mode: mode & 0o7777, uid, gid };
    use(existing, descriptor);
    return existing;
  } finally {
    fs.closeSync(descriptor);
  }
};

const writeAll = (descriptor: number, bytes: Buffer): void => {
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
  }
};

/**
 * Fills the claim's file, and has the disk confirm it: a rename may reach the disk before the content does. Only
 * through the descriptor that created it: root may be keeping the file of a user, who can put a link to any other file
 * in the place of the claim.
 */
const fill = (descriptor: number, content: string, existing: Existing | undefined): void => {
  // A umask may have taken away more, and root may be keeping somebody else's file.
  fs.fchmodSync(descriptor, FILE_MODE);
  if (existing !== undefined && existing.uid !== fs.fstatSync(descriptor).uid) {
    fs.fchownSync(descriptor, existing.uid, existing.gid);
  }
  writeAll(descriptor, Buffer.from(content, 'latin1'));
  fs.fsyncSync(descriptor);
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
  let content = '';
  const existing = readExisting(path, READ_NO_LINK, (found, descriptor) => {
    content = withKey(found.content, profile, key);
    if (content === found.content && found.mode !== FILE_MODE) fs.fchmodSync(descriptor, FILE_MODE);
  });
  if (existing === undefined) content = withKey('', profile, key);
  if (content === existing?.content) return 'unchanged';
  fill(held.descriptor, content, existing);
  // Not every program that writes this file claims it first.
  if (readExisting(path, READ_NO_LINK)?.content !== existing?.content) return undefined;
  const isInPlace = held.isInPlace();
  // Another process took this one for dead and removed its claim, before it read the file itself.
  if (isInPlace === undefined) return undefined;
  if (!isInPlace) throw new UneditableFile('somebody exchanges files in its folder, who must not be trusted');
  try {
    fs.renameSync(held.path, path);
  } catch (error) {
    // The same, a moment later.
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
    const existing = readExisting(file, READ);
    return existing === undefined ? undefined : keyOfProfile(existing.content, profile);
  } catch (error) {
    throw new CredentialsFileError(`${file} could not be read: ${reasonOf(error)}.`);
  }
};
