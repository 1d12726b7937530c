import { AccountClient } from '@aws-sdk/client-account';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { EmbeddedAws, type EmbeddedAwsOptions } from '../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../embedded-aws/ground/clock';

export const ACCOUNT = '111122223333';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/rotation-create`;

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One client of every service, with the same settings; one attempt per call by default. */
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
    account: new AccountClient(config),
    trail: new CloudTrailClient(config),
    cloudWatch: new CloudWatchClient(config),
    logs: new CloudWatchLogsClient(config),
    sns: new SNSClient(config),
    events: new EventBridgeClient(config),
    states: new SFNClient(config),
    lambda: new LambdaClient(config),
    scheduler: new SchedulerClient(config),
    securityHub: new SecurityHubClient(config),
  };
};

const uninstalls: (() => void)[] = [];

afterEach(() => {
  for (const uninstall of uninstalls.splice(0)) {
    uninstall();
  }
});

/** A clock that drives the test; the real globals are back after it. */
const installClock = (clock = new VirtualClock()): VirtualClock => {
  uninstalls.push(clock.install());
  return clock;
};

/** An embedded AWS in virtual time, and clients of a role in it. */
export const setUp = (options: EmbeddedAwsOptions = {}) => {
  const clock = installClock(options.clock);
  const aws = new EmbeddedAws({ ...options, clock });
  const requestHandler = aws.requestHandler();
  const as = (credentials: Credentials, settings: Record<string, unknown> = {}) =>
    clientsFor(credentials, { requestHandler, ...settings }, aws.region);
  return { aws, clock, as, requestHandler, ...as(aws.roleCredentials(ROLE)) };
};

/** The outcome of a call: `ok`, or the name, HTTP status, code and message of its error. */
export interface Outcome {
  readonly name: string;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly message?: string;
}

/** Turns the outcome of a call into a value. */
export const outcome = (call: Promise<unknown>): Promise<Outcome> =>
  call.then(
    () => ({ name: 'ok' }),
    (error: Error & { code?: string; $metadata?: { httpStatusCode?: number } }) => ({
      name: error.name,
      status: error.$metadata?.httpStatusCode,
      code: error.code,
      message: error.message,
    }),
  );
