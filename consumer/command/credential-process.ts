import { RotatedCredentialsError } from '../ground/problems';
import { processExpirationFor } from '../ground/timing';
import { secretReader } from '../library/secret-reader';
import type { CredentialProcessCommand } from './options';
import type { Surroundings } from './surroundings';

/** Tells a child process what its parents are already reading, as words without blanks. */
const READING = 'ROTATED_CREDENTIALS_READING';

/** What this process reads, and with which profile. */
const wordFor = ({ secretId, readerProfile = '' }: CredentialProcessCommand): string =>
  [secretId, readerProfile].map(encodeURIComponent).join('|');

/**
 * Prints the key as SDKs and the AWS CLI expect it (AWS SDKs and Tools Reference Guide, _Process credential
 * provider_), and nothing if there is none.
 */
export const credentialProcess = async (
  command: CredentialProcessCommand,
  { out, err, environment, clientConfig }: Surroundings,
): Promise<number> => {
  const { secretId, fieldNames, region, readerProfile, refreshAfterMs } = command;
  // If AWS_PROFILE names the profile that runs this command, that profile also becomes the reader's: the
  // command would start itself again and again.
  const parents = environment[READING];
  const word = wordFor(command);
  if (parents?.split(' ').includes(word)) {
    err(
      'The profile that reads the secret runs this very command to get its credentials. Name another profile with ' +
        '--profile.\n',
    );
    return 1;
  }
  environment[READING] = parents === undefined ? word : `${parents} ${word}`;
  try {
    const read = secretReader({
      secretId,
      fieldNames,
      region,
      clientConfig: { ...clientConfig, ...(readerProfile !== undefined && { profile: readerProfile }) },
    });
    const key = await read(undefined);
    const document = {
      Version: 1,
      AccessKeyId: key.accessKeyId,
      SecretAccessKey: key.secretAccessKey,
      Expiration: processExpirationFor(Date.now() + refreshAfterMs).toISOString(),
    };
    out(`${JSON.stringify(document)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof RotatedCredentialsError)) throw error;
    // The SDK does not pass on what the inner process printed.
    const { AWS_PROFILE: found = '' } = environment;
    const hint =
      readerProfile === undefined && found !== ''
        ? ` AWS_PROFILE makes ${JSON.stringify(found)} the profile that reads the secret. If that profile runs this ` +
          'command, name another one with --profile.'
        : '';
    err(`${error.message}${hint}\n`);
    return 1;
  }
};
