import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type ProfileFile, profileFile } from '../ground/paths';
import type { AccessKey } from '../library/key-document';
import { type Claim, claim, FileIsClaimed } from './claim';
import { keyOfProfile, sectionFor, UneditableFile, withKey } from './profile-editor';
import { whatSdksFind } from './profile-readers';

/** A new file is for its owner only: it holds secrets. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** As many symbolic links as Linux follows. */
const MOST_LINKS = 40;

/** How often to begin again if a program without a claim, such as an editor, changes the file meanwhile. */
const MOST_ATTEMPTS = 10;

/** The file could not be read or written. Its content is unchanged. */
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
    'it is mounted by itself, as containers do with single files, so it cannot be replaced. Mount its folder',
};

/** The system's messages name the temporary file, which would not help. */
const reasonOf = (error: unknown): string => {
  if (error instanceof UneditableFile || error instanceof FileIsClaimed) return error.message;
  const code = codeOf(error);
  if (typeof code !== 'string') throw error;
  return REASONS[code] ?? `the system says ${code}`;
};

const realpathIfThere = (path: string): string => {
  try {
    return fs.realpathSync(path);
  } catch {
    return path;
  }
};

/** The path of the file itself: a link to it must stay a link. */
const withoutLinks = (path: string, links = 0): string => {
  const folder = dirname(resolve(path));
  fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const real = join(fs.realpathSync(folder), basename(path));
  if (links > MOST_LINKS) throw Object.assign(new Error('Too many links'), { code: 'ELOOP' });
  const isLink = fs.lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? withoutLinks(resolve(dirname(real), fs.readlinkSync(real)), links + 1) : real;
};

/** The owner of a file, and its mode. */
interface Rights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

interface Existing extends Rights {
  /** One character per byte. */
  readonly content: string;
  /** How many hard links the file has. */
  readonly names: number;
}

const rightsOf = ({ mode, uid, gid }: fs.Stats): Rights => ({ mode: mode & 0o7777, uid, gid });

/**
 * Windows has none of these flags. If a pipe is in the place of the file, we must not wait for its writer.
 */
const READ = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);
const READ_NO_LINK = READ | (fs.constants.O_NOFOLLOW ?? 0);

const readExisting = (path: string, flags: number): Existing | undefined => {
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
    return { content: fs.readFileSync(descriptor, 'latin1'), names: stats.nlink, ...rightsOf(stats) };
  } finally {
    fs.closeSync(descriptor);
  }
};

const writeAll = (descriptor: number, bytes: Buffer): void => {
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
  }
};

const isSame = (some: Rights, others: Rights): boolean =>
  some.mode === others.mode && some.uid === others.uid && some.gid === others.gid;

const octal = (mode: number): string => `0${mode.toString(8)}`;

/**
 * Gives the new file the rights of the old one. Otherwise the service that reads it could be locked out, or
 * others let in. On Windows a file has the rights of its folder.
 */
const keepRights = (descriptor: number, { mode, uid, gid }: Existing): void => {
  if (process.platform === 'win32') return;
  const wanted = { mode, uid, gid };
  const made = rightsOf(fs.fstatSync(descriptor));
  try {
    if (made.uid !== uid || made.gid !== gid) fs.fchownSync(descriptor, uid, gid);
    fs.fchmodSync(descriptor, mode);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
  }
  if (isSame(wanted, rightsOf(fs.fstatSync(descriptor)))) return;
  throw new UneditableFile(
    `it belongs to the user ${uid} and the group ${gid} with the mode ${octal(mode)}, and this process may not give ` +
      'that to another file. Run the command as that user, who has to be a member of that group',
  );
};

/**
 * Fills the claim's file, and has the disk confirm it: a rename may reach the disk before the content does.
 * Only through the descriptor that created it: if root keeps the file of another user, that user can put a
 * link to any other file in the place of the claim.
 */
const fill = (descriptor: number, content: string, existing: Existing | undefined): void => {
  // A umask may have removed more.
  fs.fchmodSync(descriptor, FILE_MODE);
  writeAll(descriptor, Buffer.from(content, 'latin1'));
  if (existing !== undefined) keepRights(descriptor, existing);
  fs.fsyncSync(descriptor);
};

/** Makes the rename durable. Windows has no such call and does not need it. */
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
      `${path} was written, but the disk did not confirm it: ${reasonOf(error)}. It is complete: either the new file or the old one.`,
    );
  }
};

/** The result of an attempt; undefined if another process was faster. */
const attempt = (
  path: string,
  held: Claim,
  profile: string,
  key: AccessKey,
  file: ProfileFile,
): 'updated' | 'unchanged' | undefined => {
  const existing = readExisting(path, READ_NO_LINK);
  const content = withKey(existing?.content ?? '', profile, key, file);
  if (content === existing?.content) return 'unchanged';
  if (existing !== undefined && existing.names > 1) {
    throw new UneditableFile(
      `it has ${existing.names} names (hard links), and the others would keep the old key. Keep one of them, and ` +
        'replace the others by symbolic links',
    );
  }
  fill(held.descriptor, content, existing);
  // Not every program that writes this file claims it first.
  if (readExisting(path, READ_NO_LINK)?.content !== existing?.content) return undefined;
  const isInPlace = held.isInPlace();
  // Another process took this one for dead and removed its claim, before it read the file itself.
  if (isInPlace === undefined) return undefined;
  if (!isInPlace)
    throw new UneditableFile('another user is replacing files in its folder, so it cannot be written safely');
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
 * Reads the file as SDKs do: only what they find counts as success.
 *
 * @throws {@link CredentialsFileError} if they find something else.
 */
const lookAgain = async (path: string, file: ProfileFile, profile: string, key: AccessKey): Promise<void> => {
  for (const { reader, found } of await whatSdksFind(path, file, profile)) {
    const isKey =
      found?.accessKeyId === key.accessKeyId &&
      found.secretAccessKey === key.secretAccessKey &&
      found.sessionToken === undefined;
    if (isKey) continue;
    const what = found === undefined ? 'no key' : 'another key';
    throw new CredentialsFileError(
      `${path} was written, but ${reader} finds ${what} there in the profile ${profile}. Something else may have ` +
        'changed it since.',
    );
  }
};

/**
 * Makes sure that a key in the file with the configuration would be the profile's key.
 *
 * @throws UneditableFile if the other file has a key, which would win.
 */
const refuseShadowed = async (file: ProfileFile, profile: string): Promise<void> => {
  const other = profileFile('credentials');
  if (file !== 'config' || other === undefined || !fs.existsSync(other)) return;
  const found = await whatSdksFind(other, 'credentials', profile);
  if (found.every((each) => each.found === undefined)) return;
  throw new UneditableFile(
    `the profile ${profile} has a key in ${other}, which wins over one in this file. Keep that one current instead`,
  );
};

/**
 * Which of the two files of profiles it is: any file but the one with the configuration is read as the other.
 */
const kindOf = (path: string): ProfileFile => {
  const config = profileFile('config');
  const isConfig = config !== undefined && [config, realpathIfThere(config)].includes(path);
  return isConfig ? 'config' : 'credentials';
};

/**
 * Puts the key into a profile of a credentials file, completely or not at all: a reader sees the old file or
 * the new one, even after a crash at any moment. A crash may leave an extra file behind, which the next call
 * removes.
 *
 * @param file - May be a symbolic link; it and its folder need not exist.
 * @returns `unchanged` if the profile holds the key already; the file is not written then.
 * @throws {@link CredentialsFileError} if the file cannot be read or written; it is unchanged.
 */
export const writeKey = async (
  file: string,
  profile: string,
  key: AccessKey,
): Promise<'updated' | 'unchanged'> => {
  try {
    const path = withoutLinks(file);
    const kind = kindOf(path);
    await refuseShadowed(kind, profile);
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
      const held = await claim(path);
      let result: 'updated' | 'unchanged' | undefined;
      try {
        result = attempt(path, held, profile, key, kind);
      } finally {
        held.release();
      }
      if (result === undefined) continue;
      await lookAgain(file, kind, profile, key);
      return result;
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
 * The key that a profile of a credentials file holds; undefined if there is none.
 *
 * @throws {@link CredentialsFileError} if the file cannot be read.
 */
export const readKey = (file: string, profile: string): AccessKey | undefined => {
  try {
    const existing = readExisting(file, READ);
    return existing === undefined
      ? undefined
      : keyOfProfile(existing.content, sectionFor(existing.content, profile, kindOf(realpathIfThere(file))));
  } catch (error) {
    throw new CredentialsFileError(`${file} could not be read: ${reasonOf(error)}.`);
  }
};
