import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { type AccessKey, parseKeyDocument } from './key-document';
import { describeError, endOf, isKeyRefused, RotatedCredentialsError } from './problems';
import { READ_LIMIT_WITH_KEY_MS, READ_LIMIT_WITHOUT_KEY_MS } from './timing';

/** Credentials that an earlier key of the user consists of, or a function that finds them. */
export type Bootstrap = AccessKey | (() => Promise<AccessKey>);

/** Which secret is read, and how. */
export interface SecretReaderOptions {
  readonly secretId: string;
  readonly region?: string | undefined;
  readonly client?: Pick<SecretsManagerClient, 'send'> | undefined;
  readonly clientConfig?: SecretsManagerClientConfig | undefined;
  readonly bootstrap?: Bootstrap | undefined;
}

/** Reads the secret once. The argument is the last good key, if there is one. */
export type ReadKey = (lastGood: AccessKey | undefined) => Promise<AccessKey>;

type Sender = Pick<SecretsManagerClient, 'send'>;

const MINUTE = 60 * 1000;

/** An ARN names the Region itself: arn:aws:secretsmanager:eu-central-1:111122223333:secret:name-AbCdEf. */
const regionOf = (secretId: string): string | undefined =>
  /^arn:[^:]+:secretsmanager:([a-z0-9-]+):/.exec(secretId)?.[1];

/** Ends the work when it takes too long, also when whoever does it does not listen to the signal. */
const within = async <T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new RotatedCredentialsError(
          'not-readable',
          `Secrets Manager did not answer within ${ms / 1000} seconds.`,
        ),
      );
      controller.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
};

const askFor = async (sender: Sender, secretId: string, limitMs: number): Promise<AccessKey> => {
  const answer = await within(limitMs, (abortSignal) =>
    // Without a version this is AWSCURRENT (Secrets Manager API Reference, GetSecretValue).
    sender.send(new GetSecretValueCommand({ SecretId: secretId }), { abortSignal }),
  );
  return parseKeyDocument(answer.SecretString, secretId);
};

const explain = (error: unknown, secretId: string): RotatedCredentialsError =>
  error instanceof RotatedCredentialsError
    ? error
    : new RotatedCredentialsError(
        isKeyRefused(error) ? 'reader-key-refused' : 'not-readable',
        `The secret ${secretId} could not be read: ${describeError(error)}.`,
      );

/** The rotated user reads its own secret: with its last good key, or else with the one that it was given. */
const selfReader = (
  options: SecretReaderOptions,
  bootstrap: Bootstrap,
  config: SecretsManagerClientConfig,
) => {
  const { secretId } = options;
  let signWith: AccessKey | undefined;
  const client = new SecretsManagerClient({
    ...config,
    credentials: async () => {
      const key = signWith ?? (typeof bootstrap === 'function' ? await bootstrap() : bootstrap);
      // Already so close to its end that the SDK asks again before each request: the key changes in between.
      return { ...key, expiration: new Date(Date.now() + MINUTE) };
    },
  });
  const readWith = (key: AccessKey, limitMs: number) => {
    signWith = key;
    return askFor(client, secretId, limitMs);
  };
  const refused = (key: AccessKey) =>
    new RotatedCredentialsError(
      'reader-key-refused',
      `AWS refuses the key that ends in ${endOf(key.accessKeyId)}, with which its user reads the secret ${secretId}: ` +
        'it is Inactive or deleted. The user was away for longer than the overlap period. Give it the current key ' +
        'of the secret by hand, once.',
    );
  return async (lastGood: AccessKey | undefined, limitMs: number): Promise<AccessKey> => {
    if (lastGood !== undefined) {
      try {
        return await readWith(lastGood, limitMs);
      } catch (error) {
        if (!isKeyRefused(error)) throw error;
      }
    }
    const given = typeof bootstrap === 'function' ? await bootstrap() : bootstrap;
    if (given.accessKeyId === lastGood?.accessKeyId) throw refused(given);
    try {
      return await readWith(given, limitMs);
    } catch (error) {
      throw isKeyRefused(error) ? refused(given) : error;
    }
  };
};

/**
 * Makes the function that reads AWSCURRENT of the secret. Not to be called twice at a time when there is a bootstrap
 * key: the key to sign with is the reader's state.
 *
 * @returns a function that rejects with {@link RotatedCredentialsError} only
 */
export const secretReader = (options: SecretReaderOptions): ReadKey => {
  const { secretId, client, bootstrap } = options;
  const region = options.region ?? regionOf(secretId);
  const config = { ...(region !== undefined && { region }), ...options.clientConfig };
  let read: (lastGood: AccessKey | undefined, limitMs: number) => Promise<AccessKey>;
  if (bootstrap === undefined) {
    const sender = client ?? new SecretsManagerClient(config);
    read = (_lastGood, limitMs) => askFor(sender, secretId, limitMs);
  } else {
    read = selfReader(options, bootstrap, config);
  }
  return async (lastGood) => {
    const limitMs = lastGood === undefined ? READ_LIMIT_WITHOUT_KEY_MS : READ_LIMIT_WITH_KEY_MS;
    try {
      return await read(lastGood, limitMs);
    } catch (error) {
      throw explain(error, secretId);
    }
  };
};
