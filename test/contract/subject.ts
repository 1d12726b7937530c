import { randomUUID } from 'node:crypto';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { MiddlewareStack } from '@smithy/types';
import { Cleanup } from '../e2e/support/cleanup';
import { eventually } from '../e2e/support/eventually';
import type { Judge } from './judge';

/** Every name that the suite gives begins with it, so that what it made can be told from anything else. */
export const NAME_PREFIX = 'iam-access-key-rotation-contract';

/** The path of every IAM user that the suite makes. */
export const USER_PATH = `/${NAME_PREFIX}/`;

/** The judge does not have the operation, so the statement cannot be judged. */
export class NotModelled extends Error {
  override readonly name = 'NotModelled';
}

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One client for every service that the statements are about, and the queue that messages are read from. */
export interface Clients {
  readonly iam: IAMClient;
  readonly sts: STSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly eventBridge: EventBridgeClient;
  readonly scheduler: SchedulerClient;
}

const createClients = (judge: Judge, credentials: Judge['credentials']): Clients => {
  // One attempt: what a retry would hide is what the statements are about.
  const config = { ...judge.connection, credentials, maxAttempts: 1 };
  const watched = <C extends { readonly middlewareStack: unknown }>(service: string, client: C): C => {
    (client.middlewareStack as MiddlewareStack<object, object>).add(
      (next, { commandName = '' }) =>
        async (args) => {
          const operation = commandName.replace(/Command$/, '');
          judge.inspect?.({ service, operation, input: args.input as Readonly<Record<string, unknown>> });
          try {
            return await next(args);
          } catch (error) {
            if (judge.isNotModelled(error)) throw new NotModelled(`${service}:${operation}`);
            throw error;
          }
        },
      { step: 'initialize', name: 'judge' },
    );
    return client;
  };
  return {
    iam: watched('iam', new IAMClient(config)),
    sts: watched('sts', new STSClient(config)),
    secretsManager: watched('secretsmanager', new SecretsManagerClient(config)),
    cloudWatch: watched('cloudwatch', new CloudWatchClient(config)),
    sns: watched('sns', new SNSClient(config)),
    sqs: watched('sqs', new SQSClient(config)),
    eventBridge: watched('events', new EventBridgeClient(config)),
    scheduler: watched('scheduler', new SchedulerClient(config)),
  };
};

/** What a statement examines: one judge, and a name space of the statement's own in it. */
export interface Subject extends Clients {
  readonly accountId: string;
  readonly region: string;
  readonly cleanup: Cleanup;
  /** A name that nothing else has. Not longer than 64 characters for short `what`s. */
  name(what: string): string;
  /** Clients that sign with other credentials. */
  as(credentials: Credentials): Clients;
  /** Asks until there is an answer: AWS promises no bound for changes to show. */
  eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T>;
  /** Creates an IAM user and returns the name. User and keys are removed at the end. */
  user(): Promise<string>;
  /** Creates an access key of a user. */
  accessKey(userName: string): Promise<Credentials>;
  /** Creates a secret whose first version, with the label AWSCURRENT, is the one named. Returns the name. */
  secret(versionId: string, value?: string): Promise<string>;
  /** The labels of a secret's versions, each list sorted. Versions are named as `aliases` says. */
  labels(
    secretId: string,
    aliases: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, readonly string[]>>>;
}

/** A version ID: between 32 and 64 characters, as Secrets Manager asks. */
export const versionId = (alias: string): string => `${alias}-`.padEnd(32, '0');

/** A secret's value, which is nobody's. */
export const VALUE = '{"a":"placeholder"}';

/** Opens a judge for one statement. */
export const openSubject = (judge: Judge, runId: string): Subject => {
  const cleanup = new Cleanup();
  /** What a judge cannot remove goes with the judge. */
  const remove = (what: string, undo: () => Promise<unknown>): void =>
    cleanup.add(`remove ${what}`, async () => {
      try {
        await undo();
      } catch (error) {
        if (!(error instanceof NotModelled)) throw error;
      }
    });
  const clients = createClients(judge, judge.credentials);
  const { iam, secretsManager } = clients;
  const id = randomUUID().slice(0, 6);
  const name = (what: string): string => `${NAME_PREFIX}-${runId}-${id}-${what}`;
  let count = 0;
  const user = async (): Promise<string> => {
    count += 1;
    const UserName = name(`u${count}`);
    await iam.send(new CreateUserCommand({ UserName, Path: USER_PATH }));
    remove(`the user ${UserName}`, async () => {
      const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
      for (const { AccessKeyId } of AccessKeyMetadata) {
        await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
      }
      await iam.send(new DeleteUserCommand({ UserName }));
    });
    return UserName;
  };
  return {
    ...clients,
    accountId: judge.accountId,
    region: String(judge.connection.region),
    cleanup,
    name,
    as: (credentials) => createClients(judge, credentials),
    eventually: (what, ask) => eventually(what, ask, 60, 250),
    user,
    accessKey: async (UserName) => {
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
      return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
    },
    secret: async (ClientRequestToken, SecretString = VALUE) => {
      count += 1;
      const Name = name(`s${count}`);
      await secretsManager.send(new CreateSecretCommand({ Name, ClientRequestToken, SecretString }));
      remove(`the secret ${Name}`, () =>
        secretsManager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true })),
      );
      return Name;
    },
    labels: async (SecretId, aliases) => {
      const { VersionIdsToStages = {} } = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
      const aliasOf = new Map(Object.entries(aliases).map(([alias, version]) => [version, alias]));
      return Object.fromEntries(
        Object.entries(VersionIdsToStages)
          .filter(([, labels]) => labels.length > 0)
          .map(([version, labels]) => [aliasOf.get(version) ?? 'another version', [...labels].sort()]),
      );
    },
  };
};
