import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { loadSharedConfigFiles } from '@smithy/core/config';
import type { ProfileFile } from '../ground/paths';
import type { AccessKey } from '../library/key-document';
import { asPythonReads, type Properties } from './file-readers';

/** What a program finds in a profile of one file. */
export interface Found {
  /** For messages. */
  readonly reader: string;
  /** Undefined if the program finds no key there. */
  readonly found: (AccessKey & { readonly sessionToken?: string }) | undefined;
}

type Values = Readonly<Record<string, string | undefined>>;

const keyIn = ({
  aws_access_key_id: accessKeyId,
  aws_secret_access_key: secretAccessKey,
  aws_session_token: sessionToken,
}: Values): Found['found'] =>
  accessKeyId === undefined || secretAccessKey === undefined
    ? undefined
    : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };

/** Python knows a second name for the token. */
const asPythonNames = (values: Properties): Values => ({
  ...Object.fromEntries(values),
  aws_session_token: values.get('aws_session_token') ?? values.get('aws_security_token'),
});

/** The section of a profile, as botocore looks for it. */
const pythonSection = (profiles: ReadonlyMap<string, Properties>, file: ProfileFile, profile: string) =>
  [...profiles].findLast(([name]) =>
    file === 'credentials'
      ? name === profile
      : /^profile\s+(["']?)(.*)\1$/.exec(name)?.[2] === profile ||
        (name === 'default' && profile === 'default'),
  )?.[1];

/**
 * What SDKs find in a profile of one file: the SDK for JavaScript by its own code, and Python by rules
 * written here. A file that Python ignores does not count as one of its files.
 */
export const whatSdksFind = async (
  path: string,
  file: ProfileFile,
  profile: string,
): Promise<readonly Found[]> => {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ignoreCache: true,
    filepath: file === 'credentials' ? path : devNull,
    configFilepath: file === 'config' ? path : devNull,
  });
  const javaScript = (file === 'config' ? configFile : credentialsFile)[profile];
  const { profiles } = asPythonReads(await readFile(path, 'utf8'));
  const python = profiles === undefined ? undefined : pythonSection(profiles, file, profile);
  return [
    { reader: 'the SDK for JavaScript', found: javaScript && keyIn(javaScript) },
    ...(profiles === undefined ? [] : [{ reader: 'Python', found: python && keyIn(asPythonNames(python)) }]),
  ];
};
