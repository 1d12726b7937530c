import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { LaneContext } from '../lane';
import { MINISTACK_CREDENTIALS, startMinistack } from '../support/emulators';
import type { Server } from '../support/processes';
import { plainEnvironment } from '../support/python';
import { expectEqual } from './check';

/** The version that the lane is written for, and whose deviations are listed. */
export const MINISTACK_VERSION = '1.5.33';

/** The Region of the lane. CloudTrail has IAM's events there. */
export const REGION = 'us-east-1';

const SHIM = join(__dirname, '..', 'python', 'ministack_shim.py');

/** A pair of keys, or of temporary ones with a session token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How a client reaches ministack. Nothing is retried: every refusal shows. */
export interface Connection {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly maxAttempts: number;
}

/** ministack, and clients with the credentials of the account's root user, who may do everything. */
export interface Cloud {
  readonly server: Server;
  readonly logFile: string;
  readonly iam: IAMClient;
  readonly sts: STSClient;
  readonly secrets: SecretsManagerClient;
  readonly sfn: SFNClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly cloudWatch: CloudWatchClient;
  readonly scheduler: SchedulerClient;
  readonly lambda: LambdaClient;
  /** A connection with other credentials. */
  as(credentials: Credentials): Connection;
  /** A call of an API that has no client here. The root user's signature is not verified. */
  call(service: string, request: RawRequest): Promise<unknown>;
}

/** A request as it goes over the wire. */
interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The environment of a program that works in ministack's account as the root user does. */
export const environmentOf = ({ server }: Cloud, scratch: string): Readonly<Record<string, string>> => ({
  ...plainEnvironment(scratch),
  // Nobody's profiles.
  HOME: scratch,
  AWS_ENDPOINT_URL: server.url,
  AWS_ENDPOINT_URL_S3: server.url,
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: MINISTACK_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: MINISTACK_CREDENTIALS.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Starts ministack with its shims, and with its evaluator of IAM policies switched on. */
export const startCloud = async ({ python, scratch, cleanup }: LaneContext): Promise<Cloud> => {
  const settings = { AUTH: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const server = await startMinistack({ python, scratch, cleanup, settings }, SHIM);
  const health = (await (await fetch(`${server.url}/_ministack/health`)).json()) as Record<string, unknown>;
  expectEqual(
    'What ministack says of itself',
    { version: health.version, auth: health.auth },
    { version: MINISTACK_VERSION, auth: 'enabled' },
  );
  const as = (credentials: Credentials): Connection => ({
    region: REGION,
    endpoint: server.url,
    credentials,
    maxAttempts: 1,
  });
  const root = as(MINISTACK_CREDENTIALS);
  return {
    server,
    logFile: join(scratch, 'ministack.log'),
    iam: new IAMClient(root),
    sts: new STSClient(root),
    secrets: new SecretsManagerClient(root),
    sfn: new SFNClient(root),
    sns: new SNSClient(root),
    sqs: new SQSClient(root),
    cloudWatch: new CloudWatchClient(root),
    scheduler: new SchedulerClient(root),
    lambda: new LambdaClient(root),
    as,
    call: async (service, { method = 'POST', path = '/', headers = {}, body }) => {
      const scope = `${MINISTACK_CREDENTIALS.accessKeyId}/20260101/${REGION}/${service}/aws4_request`;
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
          'content-type': 'application/x-amz-json-1.1',
          ...headers,
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${service} ${path} answered ${response.status}: ${text}`);
      return JSON.parse(text);
    },
  };
};
