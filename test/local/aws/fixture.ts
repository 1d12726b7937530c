import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { EmbeddedAws, type EmbeddedAwsOptions, type RoleCredentials } from '../../../local/aws/embedded-aws';
import { VirtualClock } from '../../../local/clock';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const ROLE = 'arn:aws:iam::111122223333:role/rotation-create';

/** Credentials as the SDK takes them. */
export type Credentials = Pick<RoleCredentials, 'accessKeyId' | 'secretAccessKey'> & {
  readonly sessionToken?: string;
};

/** One client of every service, with the same settings. */
export const clientsFor = (
  credentials: Credentials,
  settings: Record<string, unknown>,
  region = 'us-east-1',
) => {
  const config = { region, credentials, maxAttempts: 1, ...settings };
  return {
    iam: new IAMClient(config),
    sts: new STSClient(config),
    secrets: new SecretsManagerClient(config),
    trail: new CloudTrailClient(config),
    cloudWatch: new CloudWatchClient(config),
    sns: new SNSClient(config),
    states: new SFNClient(config),
  };
};

/** An embedded AWS whose clock drives the test, and clients of a role in it. */
export const setUp = (options: EmbeddedAwsOptions = {}) => {
  const clock = options.clock ?? new VirtualClock();
  const uninstall = clock.install();
  const aws = new EmbeddedAws({ clock, ...options });
  const { region } = aws;
  const requestHandler = aws.requestHandler();
  const as = (credentials: Credentials, settings: Record<string, unknown> = {}) =>
    clientsFor(credentials, { requestHandler, ...settings }, region);
  return { aws, clock, uninstall, as, ...as(aws.roleCredentials(ROLE)) };
};

/** What a call ends in: `ok`, or the name, HTTP status and message of its error. */
export const outcome = async (call: Promise<unknown>) =>
  call.then(
    () => ({ name: 'ok' }),
    (error: { name: string; message: string; code?: string; $metadata?: { httpStatusCode?: number } }) => ({
      name: error.name,
      status: error.$metadata?.httpStatusCode,
      code: error.code,
      message: error.message,
    }),
  );
