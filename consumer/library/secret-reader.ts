import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { fileNames } from '../ground/paths';
import { describeError, endOf, HostProblem, isKeyRefused, RotatedCredentialsError } from '../ground/problems';
import { type Attempt, within } from '../ground/time-limit';
import { READ_LIMIT_WITH_KEY_MS, READ_LIMIT_WITHOUT_KEY_MS } from '../ground/timing';
import { hostConfig, hostConfigNow, hostProfile, type ProviderSettings } from '../host/host';
import { explainSearch } from '../host/search-problems';
import { type AccessKey, type FieldNames, parseKeyDocument } from './key-document';

/**
 * A key of the user, or a function that finds one. It has to follow the rotation across restarts, which a
 * value in a program cannot: use a function that reads something that is kept current, such as a credentials
 * file.
 */
export type Bootstrap = AccessKey | (() => Promise<AccessKey>);

/** Where the key is. */
interface KeyPlace {
  readonly secretId: string;
  readonly fieldNames?: FieldNames | undefined;
}

/** Which secret is read, and how. */
export interface SecretReaderOptions extends KeyPlace {
  readonly region?: string | undefined;
  readonly client?: Pick<SecretsManagerClient, 'send'> | undefined;
  readonly clientConfig?: SecretsManagerClientConfig | undefined;
  readonly bootstrap?: Bootstrap | undefined;
}

/** Reads the secret once. The argument is the last good key, if there is one. */
export type ReadKey = (lastGood: AccessKey | undefined) => Promise<AccessKey>;

type Sender = Pick<SecretsManagerClient, 'send'>;

const SECRETS_MANAGER = 'Secrets Manager';

/** An ARN names the Region itself: arn:aws:secretsmanager:eu-central-1:111122223333:secret:name-AbCdEf. */
const regionOf = (secretId: string): string | undefined =>
  /^arn:[^:]+:secretsmanager:([a-z0-9-]+):/.exec(secretId)?.[1];

const askFor = async (
  sender: Sender,
  { secretId, fieldNames }: KeyPlace,
  attempt: Attempt,
): Promise<AccessKey> => {
  attempt.signal.throwIfAborted();
  attempt.waitsFor = SECRETS_MANAGER;
  const answer = await sender.send(
    // Without a version this is AWSCURRENT (Secrets Manager API Reference, GetSecretValue).
    new GetSecretValueCommand({ SecretId: secretId }),
    { abortSignal: attempt.signal },
  );
  return parseKeyDocument(answer.SecretString, secretId, fieldNames);
};

type Read = (lastGood: AccessKey | undefined, attempt: Attempt) => Promise<AccessKey>;

type Config = SecretsManagerClientConfig & ProviderSettings;

/**
 * Makes clients that share their connections, each with its own credentials and with what the host says at
 * that moment.
 */
const clientMaker = (config: Config) => async (credentials?: AccessKey) =>
  new SecretsManagerClient({ ...(await hostConfigNow(config)), ...(credentials && { credentials }) });

/**
 * Looks for the credentials of a profile that was named, here or in AWS_PROFILE.
 *
 * @throws HostProblem if there are none. The SDK would go on and use those of the machine, which were not
 * asked for.
 */
const search = async (client: SecretsManagerClient, name: string): Promise<void> => {
  const profile = await hostProfile(name);
  if (profile.config === undefined && profile.credentials === undefined) {
    throw new HostProblem(`there is no profile ${name} in ${fileNames()}`);
  }
  try {
    await client.config.credentials();
  } catch (error) {
    throw explainSearch(error, profile);
  }
};

/** Reads with the credentials that the SDK finds, which may be different each time. */
const searchingReader = (place: KeyPlace, config: Config): Read => {
  // A client keeps credentials that have no expiration, so each read has a client of its own.
  const newClient = clientMaker({ ...config, ignoreCache: true });
  const { profile = process.env.AWS_PROFILE || undefined } = config;
  return async (_lastGood, attempt) => {
    const client = await newClient();
    attempt.waitsFor = 'The search for credentials that read the secret';
    // Before anything else is looked up in the files: they are read again for the credentials only, and then
    // kept.
    await (profile === undefined ? client.config.credentials() : search(client, profile));
    return askFor(client, place, attempt);
  };
};

/** The rotated user reads its own secret: with its last good key, or else with the one that it was given. */
const selfReader = (place: KeyPlace, bootstrap: Bootstrap, config: Config): Read => {
  const clientWith = clientMaker(config);
  const given = async (attempt: Attempt): Promise<AccessKey> => {
    if (typeof bootstrap !== 'function') return bootstrap;
    attempt.waitsFor = 'The function bootstrap';
    return bootstrap();
  };
  const refused = ({ accessKeyId }: AccessKey) =>
    new RotatedCredentialsError(
      'reader-key-refused',
      `AWS refuses the key that ends in ${endOf(accessKeyId)}, with which its user reads the secret ${place.secretId}: it ` +
        'is Inactive or deleted. Give the user the current key of the secret by hand, once.' +
        (typeof bootstrap === 'function'
          ? ''
          : ' A bootstrap with a fixed value becomes too old with each rotation: make it a function that reads a file ' +
            'which is kept current.'),
    );
  return async (lastGood, attempt) => {
    if (lastGood !== undefined) {
      try {
        return await askFor(await clientWith(lastGood), place, attempt);
      } catch (error) {
        if (!isKeyRefused(error)) throw error;
      }
    }
    const key = await given(attempt);
    if (key.accessKeyId === lastGood?.accessKeyId) throw refused(key);
    try {
      return await askFor(await clientWith(key), place, attempt);
    } catch (error) {
      throw isKeyRefused(error) ? refused(key) : error;
    }
  };
};

/** The reader of the secret, for messages; empty if none was named. */
const readerOf = ({ client, bootstrap, clientConfig: { profile, credentials } = {} }: SecretReaderOptions) =>
  profile === undefined || client !== undefined || bootstrap !== undefined || credentials !== undefined
    ? ''
    : ` with the profile ${profile}`;

const explain = (error: unknown, options: SecretReaderOptions): RotatedCredentialsError =>
  error instanceof RotatedCredentialsError
    ? error
    : new RotatedCredentialsError(
        isKeyRefused(error) ? 'reader-key-refused' : 'not-readable',
        `The secret ${options.secretId} could not be read${readerOf(options)}: ${describeError(error)}.`,
      );

/**
 * Makes the function that reads AWSCURRENT of the secret.
 *
 * @returns A function that rejects with {@link RotatedCredentialsError} only.
 */
export const secretReader = (options: SecretReaderOptions): ReadKey => {
  const { secretId, client, bootstrap } = options;
  const region = options.region ?? regionOf(secretId);
  const config = hostConfig({ ...(region !== undefined && { region }), ...options.clientConfig });
  let read: Read;
  if (bootstrap !== undefined) {
    read = selfReader(options, bootstrap, config);
  } else if (client === undefined && config.credentials === undefined) {
    read = searchingReader(options, config);
  } else {
    const newClient = clientMaker(config);
    let sender: Sender | undefined = client;
    read = async (_lastGood, attempt) => {
      sender ??= await newClient();
      return askFor(sender, options, attempt);
    };
  }
  return async (lastGood) => {
    const limitMs = lastGood === undefined ? READ_LIMIT_WITHOUT_KEY_MS : READ_LIMIT_WITH_KEY_MS;
    try {
      return await within(limitMs, SECRETS_MANAGER, (attempt) => read(lastGood, attempt));
    } catch (error) {
      throw explain(error, options);
    }
  };
};
