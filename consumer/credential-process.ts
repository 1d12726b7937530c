import type { Surroundings } from './cli';
import type { CredentialProcessCommand } from './options';
import { RotatedCredentialsError } from './problems';
import { secretReader } from './secret-reader';
import { processExpirationFor } from './timing';

/** Tells a child process that the parent is reading the secret already. */
const READING = 'ROTATED_CREDENTIALS_READING';

/**
 * Prints the key as SDKs and the AWS CLI expect it (AWS SDKs and Tools Reference Guide, _Process credential provider_),
 * and nothing when there is none.
 */
export const credentialProcess = async (
  command: CredentialProcessCommand,
  { out, err, environment, clientConfig }: Surroundings,
): Promise<number> => {
  const { secretId, region, readerProfile, refreshAfterMs } = command;
  // Whoever sets AWS_PROFILE to the profile that runs this command makes it the reader's profile, too: it would start
  // itself again and again.
  if (environment[READING] !== undefined) {
    err(
      'The profile that reads the secret runs this very command to get its credentials. Name another profile with ' +
        '--profile; without it, AWS_PROFILE names the profile that reads.\n',
    );
    return 1;
  }
  environment[READING] = '1';
  try {
    const read = secretReader({
      secretId,
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
    err(`${error.message}\n`);
    return 1;
  } finally {
    delete environment[READING];
  }
};
