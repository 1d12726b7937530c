import { homedir } from 'node:os';
import { type PlatformPath, posix, win32 } from 'node:path';

/** What decides where files are: the variables of the process, and the system that it runs on. */
export interface Place {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** The place of this process. */
export const HERE: Place = { environment: process.env, platform: process.platform };

/** How the system writes paths. */
export const pathsOf = ({ platform }: Place): PlatformPath => (platform === 'win32' ? win32 : posix);

/**
 * The user's home, where SDKs look for it (AWS SDKs and Tools Reference Guide, _Resolution of the home
 * directory_); undefined if the variable does not name a folder.
 */
const homeOf = (place: Place): string | undefined => {
  const { HOME, USERPROFILE, HOMEDRIVE = 'C:', HOMEPATH } = place.environment;
  // A variable that was emptied on purpose means that there is no home.
  if (HOME === '' && place.platform !== 'win32') return undefined;
  const home = HOME || USERPROFILE || (HOMEPATH && `${HOMEDRIVE}${HOMEPATH}`) || homedir();
  return pathsOf(place).isAbsolute(home) ? home : undefined;
};

/**
 * A path in which ~ stands for the home; undefined if there is no home. A service manager does not know what
 * ~ is.
 */
export const expanded = (path: string, place: Place): string | undefined => {
  const { join } = pathsOf(place);
  const isInHome =
    path === '~' || path.startsWith('~/') || (place.platform === 'win32' && path.startsWith('~\\'));
  if (!isInHome) return path;
  const home = homeOf(place);
  return home === undefined ? undefined : join(home, path.slice(2));
};

/** The files in which SDKs and the AWS CLI look for profiles. */
export type ProfileFile = 'config' | 'credentials';

const VARIABLES = { config: 'AWS_CONFIG_FILE', credentials: 'AWS_SHARED_CREDENTIALS_FILE' } as const;

/** Where one of these files is; undefined if there is no home that it could be in. */
export const profileFile = (file: ProfileFile, place: Place = HERE): string | undefined =>
  expanded(place.environment[VARIABLES[file]] || pathsOf(place).join('~', '.aws', file), place);

/** Both files, for messages. */
export const fileNames = (place: Place = HERE): string =>
  (['config', 'credentials'] as const)
    .map((file) => profileFile(file, place) ?? `~/.aws/${file}`)
    .join(' or ');
