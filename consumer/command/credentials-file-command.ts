import { CredentialsFileError, readKey, writeKey } from '../file/credentials-file';
import { endOf, RotatedCredentialsError } from '../ground/problems';
import { backoff } from '../ground/timing';
import { type AccessKey, isAccessKey } from '../library/key-document';
import { secretReader } from '../library/secret-reader';
import type { CredentialsFileCommand } from './options';
import type { Surroundings } from './surroundings';

/** The result of one round. */
type Round =
  | { readonly status: 'updated' | 'unchanged'; readonly accessKeyId: string }
  | { readonly status: 'failed'; readonly message: string };

/** The key in the profile, with which its user reads the secret. */
const ownKey = ({ file, writeProfile }: CredentialsFileCommand): AccessKey => {
  const key = readKey(file, writeProfile);
  if (key === undefined || !isAccessKey(key.accessKeyId, key.secretAccessKey)) {
    throw new CredentialsFileError(
      `The profile ${writeProfile} in ${file} holds no access key yet, and --self needs one. Put the ` +
        'current key of the secret there by hand, once.',
    );
  }
  return key;
};

const round = async (
  command: CredentialsFileCommand,
  clientConfig: Surroundings['clientConfig'],
): Promise<Round> => {
  const { secretId, fieldNames, region, readerProfile, self, file, writeProfile } = command;
  try {
    const own = self ? ownKey(command) : undefined;
    const profile = self ? writeProfile : readerProfile;
    // A new reader each time: with --self its key may have changed. Other readers look for their credentials
    // again anyway.
    const read = secretReader({
      secretId,
      fieldNames,
      region,
      // The profile whose key reads the secret also names Region, endpoint and certificates.
      clientConfig: { ...clientConfig, ...(profile !== undefined && { profile }) },
      ...(own && { bootstrap: async () => own }),
    });
    const key = await read(undefined);
    return { status: await writeKey(file, writeProfile, key), accessKeyId: endOf(key.accessKeyId) };
  } catch (error) {
    if (error instanceof RotatedCredentialsError && error.code === 'reader-key-refused' && self) {
      return {
        status: 'failed',
        message: `${error.message} It belongs in the profile ${writeProfile} in ${file}.`,
      };
    }
    if (error instanceof RotatedCredentialsError || error instanceof CredentialsFileError) {
      return { status: 'failed', message: error.message };
    }
    throw error;
  }
};

/** Waits for a while, or until it is stopped. */
const wait = (ms: number, stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
    if (stop.aborted) end();
  });

/** Puts the key of the secret into the profile, once or until it is stopped. */
export const keepCredentialsFile = async (
  command: CredentialsFileCommand,
  { out, err, stopSignal, clientConfig }: Surroundings,
): Promise<number> => {
  const { file, writeProfile, everyMs, json } = command;
  const where = `Profile ${writeProfile} in ${file}`;
  const tell = (result: Round, isNews: boolean) => {
    if (json) {
      const names = result.status === 'failed' ? {} : { accessKeyIdEnd: result.accessKeyId };
      const message = result.status === 'failed' ? { message: result.message } : {};
      out(
        `${JSON.stringify({ status: result.status, profile: writeProfile, file, ...names, ...message })}\n`,
      );
    } else if (result.status === 'failed') {
      err(`${result.message}\n`);
    } else if (isNews) {
      const verb = result.status === 'updated' ? 'now holds' : 'holds';
      out(`${where} ${verb} the key of the secret, which ends in ${result.accessKeyId}.\n`);
    }
  };
  const stop = everyMs === undefined ? undefined : stopSignal();
  let failures = 0;
  for (let first = true; ; first = false) {
    const result = await round(command, clientConfig);
    tell(result, first || failures > 0 || result.status === 'updated');
    failures = result.status === 'failed' ? failures + 1 : 0;
    if (everyMs === undefined || stop === undefined) return failures === 0 ? 0 : 1;
    if (!stop.aborted) await wait(failures === 0 ? everyMs : backoff(failures, everyMs), stop);
    if (stop.aborted) return 0;
  }
};
