import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONFIG_CONTEXT_KEY, ConfigError } from './config-error';
import type { RotationSettings } from './written-settings';

/**
 * The file that holds the configuration if cdk.json does not name one. The repository has no file of this
 * name.
 */
export const CONFIG_FILE = 'rotation.config.json';

/** A configuration that has not been checked. */
export interface ConfigSource {
  readonly value: unknown;
  /** Where it is, as the beginning of a sentence. */
  readonly source: string;
  /** Another file that exists and is not read. */
  readonly unread?: string;
}

const readFile = (directory: string, file: string): ConfigSource => {
  let text: string;
  try {
    text = readFileSync(resolve(directory, file), 'utf8');
  } catch (error) {
    throw new ConfigError(
      [`It cannot be read: ${(error as Error).message}.`],
      `${file}, which should hold the configuration,`,
    );
  }
  try {
    return { value: JSON.parse(text) as unknown, source: file };
  } catch (error) {
    throw new ConfigError([`It is not JSON: ${(error as Error).message}.`], file);
  }
};

/**
 * Finds the configuration.
 *
 * @param context - The value of the context key {@link CONFIG_CONTEXT_KEY}: the configuration itself, or the
 * path of a file. Undefined: the file {@link CONFIG_FILE}.
 * @param directory - Where cdk.json is.
 * @returns undefined if there is none.
 * @throws ConfigError if a named file cannot be read, or is not JSON.
 */
export const findConfig = (context: unknown, directory: string): ConfigSource | undefined => {
  if (typeof context === 'string') return readFile(directory, context);
  const hasFile = existsSync(join(directory, CONFIG_FILE));
  if (context !== undefined) {
    const source = `The context key ${CONFIG_CONTEXT_KEY} in cdk.json`;
    return { value: context, source, ...(hasFile && { unread: CONFIG_FILE }) };
  }
  return hasFile ? readFile(directory, CONFIG_FILE) : undefined;
};

/**
 * What a configuration file says of one rotation, for the properties of an {@link AccessKeyRotation}, which checks it.
 *
 * @param file - Path of the file, from the working directory.
 * @throws ConfigError if it cannot be read, is not JSON of an object, or has several stacks.
 * @example
 * new AccessKeyRotation(this, 'Keys', { rotationName: 'keys', ...readConfiguration('rotation.config.json') });
 */
export const readConfiguration = (file: string): RotationSettings => {
  const { value } = readFile(process.cwd(), file);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(['It is JSON, but not of an object {"users": [...]}.'], file);
  }
  if ('stacks' in value) {
    throw new ConfigError(
      [
        'stacks: several were given. Allowed: users of one rotation. Write a file for each AccessKeyRotation.',
      ],
      file,
    );
  }
  return value as RotationSettings;
};
