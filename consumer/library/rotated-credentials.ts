import type { SecretsManagerClient, SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import type { RotatedCredentialsError } from '../ground/problems';
import { DEFAULT_REFRESH_AFTER, expirationFor, parseRefreshAfter } from '../ground/timing';
import { KeyCache } from './key-cache';
import type { FieldNames } from './key-document';
import { type AwsClient, retryRefusedCalls } from './refused-call';
import { type Bootstrap, secretReader } from './secret-reader';

/** Settings of {@link rotatedCredentials} for any reader of the secret. */
interface CommonOptions {
  /** Name or ARN of the secret that the rotation publishes to. */
  readonly secretId: string;
  /** Region of the secret. Default: that of its ARN, or else the Region that the SDK finds. */
  readonly region?: string;
  /**
   * Names of the fields that hold the key, for a rotation with `document` `"named-fields"` and `fieldNames`.
   * No other fields are looked at. Default: `AccessKeyId` and `SecretAccessKey`.
   */
  readonly fieldNames?: FieldNames;
  /**
   * Time after which the secret is read again, as an ISO 8601 duration from PT10S to PT45M. Default: PT10M. A
   * rotation keeps the old key Active for at least 65 minutes after it has published the new one, unless its
   * `overlapPeriod` was forced to be shorter.
   */
  readonly refreshAfter?: string;
  /**
   * Called for each failed read of the secret, even if a good key is at hand. Errors and rejections of it are
   * ignored, and it is not awaited.
   */
  readonly onProblem?: (problem: RotatedCredentialsError) => unknown;
}

/** Settings of {@link rotatedCredentials}. */
export type RotatedCredentialsOptions = CommonOptions &
  (
    | {
        /** The client that reads the secret. Default: a new one, with the credentials that the SDK finds. */
        readonly client: Pick<SecretsManagerClient, 'send'>;
        readonly clientConfig?: never;
        readonly bootstrap?: never;
      }
    | {
        /**
         * Settings of the client that reads the secret, such as `credentials`, `profile` or `endpoint`.
         * Without `credentials`, the SDK looks for them again for each read.
         */
        readonly clientConfig?: SecretsManagerClientConfig;
        readonly client?: never;
        readonly bootstrap?: never;
      }
    | {
        /**
         * A key of the rotated user itself, which then reads its own secret: with the last good key, and with
         * this one before there is one, or if that is refused. A function is called each time. The last good
         * key does not survive a restart, so a fixed key is too old after the next rotation: give a function
         * that reads a file which is kept current.
         */
        readonly bootstrap: Bootstrap;
        readonly clientConfig?: Omit<SecretsManagerClientConfig, 'credentials'>;
        readonly client?: never;
      }
  );

/**
 * What the SDK signs with. The expiration is artificial: it says when to ask again, and the key itself has
 * none.
 */
export interface RotatedIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly expiration: Date;
}

/** What the SDK may say when it asks for credentials. */
export interface AskOptions {
  /**
   * Read the secret again, though it was read recently. At most every ten seconds, or a second after a
   * failure.
   */
  readonly forceRefresh?: boolean;
  /** The key that a service has refused. If another one is at hand, the secret is not read. */
  readonly refusedAccessKeyId?: string;
}

/** Credentials for any number of AWS SDK v3 clients. Give them to each client as `credentials`. */
export interface RotatedCredentials {
  /**
   * The key to sign with.
   *
   * @throws {@link RotatedCredentialsError} if no key was ever read.
   */
  (options?: AskOptions): Promise<RotatedIdentity>;

  /**
   * Makes a client with these credentials repeat a call, once and signed again, if it is refused because its
   * key is unknown or Inactive and the secret holds another key by now. The same goes for a refusal that
   * gives no reason, such as S3's of HeadObject and AWS IoT's. Calls with streams are not repeated; the next
   * call has the other key.
   *
   * @returns The client.
   */
  applyTo<Client extends AwsClient>(client: Client): Client;
}

const isName = (name: unknown): boolean => typeof name === 'string' && name !== '';

/**
 * Credentials that follow a rotation: the access key that the secret holds, read again every ten minutes. With a good
 * key at hand, nothing that is wrong with the secret or with Secrets Manager is an error of a call.
 *
 * @example
 * ```ts
 * const credentials = rotatedCredentials({ secretId: 'iam-access-key-rotation/alice', region: 'eu-central-1' });
 * const s3 = credentials.applyTo(new S3Client({ credentials }));
 * ```
 *
 * @throws TypeError when an option is wrong
 */
export const rotatedCredentials = (options: RotatedCredentialsOptions): RotatedCredentials => {
  const { secretId, fieldNames, refreshAfter = DEFAULT_REFRESH_AFTER, onProblem } = options;
  if (typeof secretId !== 'string' || secretId === '') {
    throw new TypeError('secretId: the name or ARN of a secret is missing.');
  }
  if (fieldNames !== undefined && ![fieldNames?.accessKeyId, fieldNames?.secretAccessKey].every(isName)) {
    throw new TypeError('fieldNames: the names of two fields, accessKeyId and secretAccessKey, are needed.');
  }
  const refreshAfterMs = parseRefreshAfter(refreshAfter);
  if (typeof refreshAfterMs === 'string') throw new TypeError(`refreshAfter: ${refreshAfterMs}`);

  const cache = new KeyCache({ read: secretReader(options), refreshAfterMs, onProblem });
  const provide = async ({ forceRefresh, refusedAccessKeyId }: AskOptions = {}): Promise<RotatedIdentity> => {
    const { key, askAgainAt } = await (forceRefresh === true
      ? cache.renewed(refusedAccessKeyId)
      : cache.current());
    // A new object for each client: the SDK adds notes of its own to it.
    return { ...key, expiration: expirationFor(askAgainAt) };
  };
  const renewed = async (refused: string) => (await cache.renewed(refused)).key;
  return Object.assign(provide, {
    applyTo: <Client extends AwsClient>(client: Client) => retryRefusedCalls(client, { renewed }),
  });
};
