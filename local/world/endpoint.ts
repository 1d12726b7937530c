import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { accessKeyDocument } from '../../lambdas/shared/secret/key-document';
import type { Account } from './account';
import { KEY_AGE_DAYS, USER_AGE_DAYS } from './scene';

/** The endpoint cannot be used for a rotation. The message is for a person. */
export class EndpointRefused extends Error {
  override readonly name = 'EndpointRefused';
}

/** An emulator at a loopback address. */
export interface Endpoint {
  readonly url: string;
  readonly accountId: string;
  /** The account as its owner creates and sees it. */
  readonly account: Account;
}

/** Credentials for setting the scene there. */
export interface OwnerCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where the embedded AWS is. */
const REGION = 'us-east-1';

const DAY = 24 * 60 * 60 * 1000;

/**
 * How much a creation date may differ from the time at which its request was signed: dates have whole
 * seconds.
 */
const TOLERANCE_MS = 2_000;

/** Emulators accept this as the account's owner, as long as they do not check the caller. */
const ANYBODY: OwnerCredentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/**
 * Finds out which account an endpoint serves.
 *
 * @throws EndpointRefused if nothing there answers as STS does.
 */
export const connectTo = async (url: string, owner: OwnerCredentials = ANYBODY): Promise<Endpoint> => {
  const settings = { region: REGION, endpoint: url, credentials: owner, maxAttempts: 1 };
  try {
    const { Account: accountId } = await new STSClient(settings).send(new GetCallerIdentityCommand({}));
    if (accountId === undefined) throw new Error('it names no account');
    return { url, accountId, account: accountAt(settings) };
  } catch (error) {
    throw new EndpointRefused(
      `AWS_ENDPOINT_URL: nothing at ${url} answers as AWS STS does: ${(error as Error).message}`,
    );
  }
};

const accountAt = (settings: {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: OwnerCredentials;
}): Account => {
  const iam = new IAMClient(settings);
  const secrets = new SecretsManagerClient(settings);
  const alarms = new CloudWatchClient(settings);
  const topics = new SNSClient(settings);

  /**
   * IAM with a clock this many days back: it should date what it creates by the time at which the request is
   * signed.
   */
  const daysAgo = (days: number) => new IAMClient({ ...settings, systemClockOffset: -days * DAY });

  /** @throws EndpointRefused if the endpoint keeps its own time. */
  const checkDate = (created: Date | undefined, days: number): void => {
    const differs = Math.abs((created?.getTime() ?? 0) - (Date.now() - days * DAY));
    if (differs <= TOLERANCE_MS) return;
    throw new EndpointRefused(
      `AWS_ENDPOINT_URL: ${settings.endpoint} dates what it creates by a clock of its own ` +
        `(${created?.toISOString() ?? 'no date'}), so that the days of a rotation would not pass for it. It must work at ` +
        'the time at which a request is signed; test/e2e/python/moto_shim.py makes moto do so.',
    );
  };

  const addAlarm = async (name: string): Promise<void> => {
    await alarms.send(
      new PutMetricAlarmCommand({
        AlarmName: name,
        Namespace: 'Local',
        MetricName: name,
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      }),
    );
    await alarms.send(
      new SetAlarmStateCommand({ AlarmName: name, StateValue: 'OK', StateReason: 'at the beginning' }),
    );
  };

  return {
    addAlarm,
    addTopic: async (name, kmsKeyArn) => {
      const { TopicArn = '' } = await topics.send(
        new CreateTopicCommand({
          Name: name,
          ...(kmsKeyArn !== undefined && { Attributes: { KmsMasterKeyId: kmsKeyArn } }),
        }),
      );
      return TopicArn;
    },
    setScene: async ({ userName, path, secretId, healthAlarms }, key = 'published') => {
      const { User } = await daysAgo(USER_AGE_DAYS)
        .send(new CreateUserCommand({ UserName: userName, Path: path }))
        .catch((error: Error) => {
          if (error.name !== 'EntityAlreadyExistsException') throw error;
          throw new EndpointRefused(
            `AWS_ENDPOINT_URL: ${settings.endpoint} has an IAM user ${userName} already. Start it again, so that it is empty.`,
          );
        });
      checkDate(User?.CreateDate, USER_AGE_DAYS);
      for (const alarm of healthAlarms) await addAlarm(alarm);
      if (key === 'none') return;
      const { AccessKey } = await daysAgo(KEY_AGE_DAYS).send(
        new CreateAccessKeyCommand({ UserName: userName }),
      );
      if (!AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey || !AccessKey.CreateDate) {
        throw new EndpointRefused(`AWS_ENDPOINT_URL: ${settings.endpoint} made no access key.`);
      }
      checkDate(AccessKey.CreateDate, KEY_AGE_DAYS);
      if (key !== 'published') return;
      const material = {
        accessKeyId: AccessKey.AccessKeyId,
        secretAccessKey: AccessKey.SecretAccessKey,
        userName,
        createDate: AccessKey.CreateDate,
      };
      await secrets.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          SecretString: accessKeyDocument(material),
        }),
      );
    },
    keysOf: async (userName) => {
      const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: userName }));
      return AccessKeyMetadata.map(({ AccessKeyId = '', Status = '', CreateDate }) => ({
        accessKeyId: AccessKeyId,
        status: Status,
        createDate: CreateDate?.toISOString() ?? '',
      }));
    },
    secret: async (secretId) => {
      const { Name = secretId, VersionIdsToStages = {} } = await secrets.send(
        new DescribeSecretCommand({ SecretId: secretId }),
      );
      const versions = [];
      for (const [VersionId, labels] of Object.entries(VersionIdsToStages)) {
        const { SecretString } = await secrets.send(
          new GetSecretValueCommand({ SecretId: secretId, VersionId }),
        );
        versions.push({ labels, secretString: SecretString });
      }
      return { name: Name, versions };
    },
  };
};
