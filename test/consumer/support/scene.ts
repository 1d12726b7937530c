import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  type RotatedCredentials,
  type RotatedCredentialsError,
  type RotatedCredentialsOptions,
  rotatedCredentials,
} from '../../../consumer/index';
import type { Call } from '../../../embedded-aws/calls/call-log';
import { EmbeddedAws, type EmbeddedAwsOptions } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import type { AccessKeyView } from '../../../embedded-aws/services/iam';

export const SECRET_ID = 'iam-access-key-rotation/alice';

const uninstalls: (() => void)[] = [];

afterEach(() => {
  for (const uninstall of uninstalls.splice(0)) uninstall();
});

type Key = Pick<AccessKeyView, 'accessKeyId' | 'secretAccessKey'>;

/** The document of a key, as the rotation writes it. */
export const documentOf = ({ accessKeyId, secretAccessKey }: Key): string =>
  JSON.stringify({
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    UserName: 'alice',
  });

/** Whether a call reads the secret. */
export const isRead = (call: Pick<Call, 'operation'>): boolean => call.operation === 'GetSecretValue';

/** The error with which a promise rejects. */
export const rejection = async (promise: Promise<unknown>): Promise<Error> => {
  const value = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(value instanceof Error)) throw new Error('It should have been rejected');
  return value;
};

/** Alice, whose key A is in her secret, in an embedded AWS without propagation delays, on a virtual clock. */
export const setUp = (options: EmbeddedAwsOptions = {}) => {
  const clock = new VirtualClock();
  uninstalls.push(clock.install());
  const aws = new EmbeddedAws({
    clock,
    ...options,
    behaviour: { keyPropagationDelay: 0, statusPropagationDelay: 0, ...options.behaviour },
  });
  aws.iam.addUser({ userName: 'alice' });
  const a = aws.iam.addAccessKey('alice');
  aws.secretsManager.createSecret(SECRET_ID, { secretString: documentOf(a) });
  const connection = { region: aws.region, maxAttempts: 1, requestHandler: aws.requestHandler() };
  const readerConfig = {
    ...connection,
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/reader`),
  };
  const problems: RotatedCredentialsError[] = [];
  return {
    aws,
    clock,
    a,
    connection,
    readerConfig,
    problems,
    /** How often the secret was read. */
    reads: () => aws.calls.filter(isRead).length,
    /**
     * Sets the clock of this machine back; that of AWS stays right. Returns the clock to drive from then on.
     */
    setClockBack: (ms: number) => {
      const earlier = new VirtualClock({ start: new Date(clock.now().getTime() - ms) });
      uninstalls.unshift(earlier.install());
      return earlier;
    },
    /** Creates the next key and puts it into the secret. */
    publish: () => {
      const key = aws.iam.addAccessKey('alice');
      aws.secretsManager.putValue(SECRET_ID, documentOf(key));
      return key;
    },
    rotated: (more: Partial<Pick<RotatedCredentialsOptions, 'refreshAfter' | 'fieldNames'>> = {}) =>
      rotatedCredentials({
        secretId: SECRET_ID,
        clientConfig: readerConfig,
        onProblem: (problem) => problems.push(problem),
        ...more,
      }),
    sts: (credentials: RotatedCredentials) => new STSClient({ ...connection, credentials }),
    secrets: (credentials: RotatedCredentials) => new SecretsManagerClient({ ...connection, credentials }),
    /** The keys with which STS was called, in order, each with the result of the call. */
    stsCalls: () =>
      aws.calls
        .filter(({ service }) => service === 'sts')
        .map(({ accessKeyId, outcome }) => [accessKeyId, outcome]),
  };
};

/** Makes the SDK look for profiles in these files, and nowhere else, until the test ends. */
export const useProfiles = (files: { readonly config?: string; readonly credentials?: string }): void => {
  const before = { ...process.env };
  const none = '/dev/null';
  Object.assign(process.env, {
    AWS_CONFIG_FILE: files.config ?? none,
    AWS_SHARED_CREDENTIALS_FILE: files.credentials ?? none,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  uninstalls.push(() => {
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_EC2_METADATA_DISABLED']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
};

/** A profile with a key, as a file has it. */
export const profileOf = (name: string, { accessKeyId, secretAccessKey }: Key): string =>
  `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;

/** A call of a service with the query protocol. */
export const whoAmI = (client: STSClient) => client.send(new GetCallerIdentityCommand({}));

/** A call of a service with a JSON protocol. */
export const readSecret = (client: SecretsManagerClient) =>
  client.send(new GetSecretValueCommand({ SecretId: SECRET_ID }));
