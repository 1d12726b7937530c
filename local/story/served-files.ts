import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CONFIG_FILE } from '../../lib/config';
import type { PresentKey } from './present-keys';

const PROJECT = join(__dirname, '..', '..');

/** What people at the served AWS have on their disk. */
export interface ServedFiles {
  /** The configuration that is served. */
  readonly configFile: string;
  /** A directory for the PATH, with the command `access-key-rotation` for what is served. */
  readonly bin: string;
  /** A directory with a file `NAME.csv` for each present key, as IAM's console offers it. */
  readonly presentKeys: string;
  /** A credentials file of the AWS CLI, with a profile for each present key. */
  readonly credentialsFile: string;
  remove(): Promise<void>;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The command, in the time of the served AWS. */
const commandFor = (configFile: string): string => {
  const preloaded = [require.resolve('tsx'), join(PROJECT, 'local', 'served-time.mjs')];
  const words = [
    ...[process.execPath, ...preloaded.flatMap((file) => ['--import', pathToFileURL(file).href])],
    ...[join(PROJECT, 'command', 'access-key-rotation.mjs'), '--config', configFile],
  ];
  return `#!/bin/sh\nexec ${words.map(quoted).join(' ')} "$@"\n`;
};

/**
 * Writes them into a directory that only its owner may read. The keys are made up, and as real people have theirs: a command that takes a
 * key from a file is tried with a file.
 */
export const writeServedFiles = async (
  configuration: unknown,
  keys: readonly PresentKey[],
): Promise<ServedFiles> => {
  const directory = await mkdtemp(join(tmpdir(), 'served-'));
  const [bin, presentKeys] = [join(directory, 'bin'), join(directory, 'present-keys')];
  const configFile = join(directory, CONFIG_FILE);
  const credentialsFile = join(presentKeys, 'credentials');
  await mkdir(bin);
  await mkdir(presentKeys);
  await writeFile(configFile, `${JSON.stringify(configuration, undefined, 2)}\n`);
  await writeFile(join(bin, 'access-key-rotation'), commandFor(configFile), { mode: 0o755 });
  for (const { name, accessKeyId, secretAccessKey } of keys) {
    const text = `Access key ID,Secret access key\r\n${accessKeyId},${secretAccessKey}\r\n`;
    await writeFile(join(presentKeys, `${name}.csv`), text, { mode: 0o600 });
  }
  const profiles = keys.map(
    ({ name, accessKeyId, secretAccessKey }) =>
      `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
  await writeFile(credentialsFile, profiles.join('\n'), { mode: 0o600 });
  const remove = () => rm(directory, { recursive: true, force: true });
  return { configFile, bin, presentKeys, credentialsFile, remove };
};
