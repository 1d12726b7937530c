import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  IAMClient,
  type IAMClientConfig,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { MiddlewareStack } from '@smithy/types';
import { Cleanup } from '../e2e/support/cleanup';
import { servicePolicy } from '../support/service-policy';
import { Deviation, holds, same } from './deviation';
import type { Judge, ServiceError } from './judge';

/** The prefix of every name that the suite gives, so that its creations can be recognised. */
export const NAME_PREFIX = 'iam-access-key-rotation-contract';

/** The path of every IAM user and role that the suite creates. IAM is in every Region: it says where the rest is. */
export const iamPathOf = (region: string): string => `/${NAME_PREFIX}/${region}/`;

/** The Region in the path of a user or role; undefined if the path is none of the suite's. */
export const regionInPath = (path: string): string | undefined =>
  new RegExp(`^/${NAME_PREFIX}/([a-z0-9-]+)/$`).exec(path)?.[1];

/**
 * How the names begin that the suite gives: with the prefix, the ID of the run and that of the statement. The prefix alone may be the
 * beginning of somebody else's names.
 */
export const ownNames = (runId = '[0-9a-f]{6}'): RegExp =>
  new RegExp(`^${NAME_PREFIX}-${runId}-[0-9a-f]{6}-`);

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

/**
 * One client for every service that the statements are about, and for the queue that messages are read from.
 */
export interface Clients {
  readonly iam: IAMClient;
  readonly sts: STSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly states: SFNClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly eventBridge: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly scheduler: SchedulerClient;
  readonly logs: CloudWatchLogsClient;
  readonly cloudTrail: CloudTrailClient;
}

/** The requests of one statement. */
class Traffic {
  readonly #underWay = new Set<Promise<unknown>>();
  #stopped = false;

  /** @throws Error once the statement has been stopped, so that it creates nothing that would be left. */
  async carry<T>(send: () => Promise<T>): Promise<T> {
    if (this.#stopped) throw new Error('The statement was stopped.');
    const request = send();
    this.#underWay.add(request);
    return request.finally(() => this.#underWay.delete(request));
  }

  /** Lets requests that are under way end, and allows no new one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#underWay);
  }
}

type Middleware = Pick<MiddlewareStack<object, object>, 'add'>;

/** Clients of a judge. */
export const createClients = (
  judge: Judge,
  settings: Pick<IAMClientConfig, 'credentials' | 'systemClockOffset'> = {},
  traffic = new Traffic(),
): Clients => {
  const config = {
    // One attempt: the statements are about answers that a retry would hide.
    maxAttempts: 1,
    ...(judge.credentials && { credentials: judge.credentials }),
    ...judge.connection,
    ...settings,
  };
  const watched = <C extends { readonly middlewareStack: unknown }>(service: string, client: C): C => {
    (client.middlewareStack as Middleware).add(
      (next, { commandName = '' }) =>
        (args) => {
          const operation = commandName.replace(/Command$/, '');
          judge.inspect?.({ service, operation, input: args.input as Readonly<Record<string, unknown>> });
          return traffic.carry(async () => {
            try {
              return await next(args);
            } catch (error) {
              if (await judge.isNotModelled(error as ServiceError, operation))
                throw new NotModelled(`${service}:${operation}`);
              throw Object.assign(error as Error, { operation });
            }
          });
        },
      { step: 'initialize', name: 'judge' },
    );
    return client;
  };
  // A statement uses one service or two, and clients are expensive to make.
  const lazily = <C>(make: () => C): (() => C) => {
    let made: C | undefined;
    return () => {
      made ??= make();
      return made;
    };
  };
  const made = {
    iam: lazily(() => watched('iam', new IAMClient(config))),
    sts: lazily(() => watched('sts', new STSClient(config))),
    secretsManager: lazily(() => watched('secretsmanager', new SecretsManagerClient(config))),
    cloudWatch: lazily(() => watched('cloudwatch', new CloudWatchClient(config))),
    states: lazily(() => watched('states', new SFNClient(config))),
    sns: lazily(() => watched('sns', new SNSClient(config))),
    sqs: lazily(() => watched('sqs', new SQSClient(config))),
    eventBridge: lazily(() => watched('events', new EventBridgeClient(config))),
    lambda: lazily(() => watched('lambda', new LambdaClient(config))),
    scheduler: lazily(() => watched('scheduler', new SchedulerClient(config))),
    logs: lazily(() => watched('logs', new CloudWatchLogsClient(config))),
    cloudTrail: lazily(() => watched('cloudtrail', new CloudTrailClient(config))),
  };
  return Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(made).map(([name, get]) => [name, { get, enumerable: true }])),
  ) as Clients;
};

/** A topic, and what it delivers. */
interface Inbox {
  readonly topicArn: string;
  /** The next notification that the topic delivers. */
  next(what: string): Promise<Notification>;
}

/** What SNS delivers to a queue. */
interface Notification {
  readonly Type?: string;
  readonly TopicArn?: string;
  readonly Subject?: string;
  readonly Message?: string;
}

/** A secret with one version. */
export interface Secret {
  readonly name: string;
  /** The ID of its version. */
  readonly first: string;
}

/** What a statement examines: one judge, and a name space of the statement's own in it. */
export interface Subject extends Clients {
  readonly accountId: string;
  readonly region: string;
  /** A unique name. Not longer than 64 characters if `what` is short. */
  name(what: string): string;
  /** Clients that sign with other credentials, or with a wrong clock. */
  as(credentials: Credentials, clockOffsetMs?: number): Clients;
  /** Removes something at the end. To be called before it is created, so that nothing is left behind. */
  removeLater(what: string, undo: (janitor: Clients) => Promise<unknown>): void;
  /**
   * Reads until the value is as expected: a change may take a while to show. The value of an error is its
   * name, such as `{ refused: 'AccessDenied' }`.
   *
   * @throws Deviation with the last value.
   */
  sees<T>(what: string, read: () => Promise<T>, expected: T): Promise<void>;
  /**
   * Asks until there is an answer.
   *
   * @throws Deviation if there is none.
   */
  eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T>;
  /** Creates an IAM user and returns the name. */
  user(what?: string): Promise<string>;
  /** Creates an access key of a user. */
  accessKey(userName: string): Promise<Credentials>;
  /** Creates a role that a service may assume, without any permission. Returns its ARN. */
  role(service: string): Promise<string>;
  /** Creates a secret. Its first version has the label AWSCURRENT. */
  secret(): Promise<Secret>;
  /** Creates a secret with this input. Returns its name. */
  secretWith(input: Omit<CreateSecretCommandInput, 'Name'>): Promise<string>;
  /** Creates a topic and returns its ARN. */
  topic(): Promise<string>;
  /** Creates a topic and a queue that is subscribed to it. */
  inbox(): Promise<Inbox>;
  /** The labels of a secret's labelled versions, each list sorted. Versions are named by `aliases`. */
  labels(
    secretId: string,
    aliases: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, readonly string[]>>>;
  /** Removes everything. After this, nothing can be sent. */
  close(): Promise<void>;
}

/** A version ID: between 32 and 64 characters, as Secrets Manager requires. */
export const versionId = (alias: string): string => `${alias}-`.padEnd(32, '0');

/** A secret's value, which belongs to no real key. */
export const VALUE = '{"a":"placeholder"}';

/** Errors that mean that something to be removed does not exist. */
const GONE = /NotFound|NoSuchEntity|NonExistentQueue|DoesNotExist/;

/** Opens a judge for one statement. */
export const openSubject = (judge: Judge, runId: string): Subject => {
  const cleanup = new Cleanup();
  const traffic = new Traffic();
  const clients = createClients(judge, {}, traffic);
  // Removes what the statement created, even if the statement was stopped.
  const janitor = createClients(judge);
  const pollMs = judge.patienceSeconds > 30 ? 1000 : 100;

  /** Tries until the attempt does not throw, or the judge's patience is over. */
  const patiently = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (const deadline = Date.now() + judge.patienceSeconds * 1000; ; await sleep(pollMs)) {
      try {
        return await attempt();
      } catch (error) {
        if (Date.now() >= deadline || error instanceof NotModelled) throw error;
      }
    }
  };
  const removeLater: Subject['removeLater'] = (what, undo) =>
    cleanup.add(`remove ${what}`, () =>
      patiently(async () => {
        try {
          await undo(janitor);
        } catch (error) {
          // What a judge cannot remove ends with the judge.
          if (!(error instanceof NotModelled || GONE.test((error as Error).name))) throw error;
        }
      }),
    );

  const id = randomUUID().slice(0, 6);
  const name = (what: string): string => `${NAME_PREFIX}-${runId}-${id}-${what}`;
  let count = 0;
  const numbered = (what: string): string => {
    count += 1;
    return name(`${what}${count}`);
  };
  const secretWith: Subject['secretWith'] = async (input) => {
    const Name = numbered('s');
    removeLater(`the secret ${Name}`, (by) =>
      by.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true })),
    );
    await clients.secretsManager.send(new CreateSecretCommand({ ...input, Name }));
    return Name;
  };
  const topic: Subject['topic'] = async () => {
    const Name = numbered('t');
    const expected = `arn:aws:sns:${judge.connection.region}:${judge.accountId}:${Name}`;
    removeLater(`the topic ${Name}`, (by) => by.sns.send(new DeleteTopicCommand({ TopicArn: expected })));
    const { TopicArn } = await clients.sns.send(new CreateTopicCommand({ Name }));
    holds(TopicArn === expected, 'the ARN of a topic does not consist of Region, account and name');
    return expected;
  };
  const eventually: Subject['eventually'] = async (what, ask) => {
    const answer = await patiently(async () => {
      const given = await ask();
      if (given === undefined) throw new Deviation(`${what} does not come`);
      return given;
    });
    return answer;
  };
  const subject: Omit<Subject, keyof Clients> = {
    accountId: judge.accountId,
    region: String(judge.connection.region),
    name,
    removeLater,
    eventually,
    as: (credentials, clockOffsetMs) =>
      createClients(
        judge,
        { credentials, ...(clockOffsetMs !== undefined && { systemClockOffset: clockOffsetMs }) },
        traffic,
      ),
    sees: (what, read, expected) => patiently(async () => same(what, await read(), expected)),
    user: async (what) => {
      const UserName = what === undefined ? numbered('u') : name(what);
      removeLater(`the user ${UserName}`, async (by) => {
        const { AccessKeyMetadata = [] } = await by.iam.send(new ListAccessKeysCommand({ UserName }));
        for (const { AccessKeyId } of AccessKeyMetadata) {
          await by.iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
        }
        await by.iam.send(new DeleteUserCommand({ UserName }));
      });
      await clients.iam.send(
        new CreateUserCommand({ UserName, Path: iamPathOf(String(judge.connection.region)) }),
      );
      return UserName;
    },
    accessKey: async (UserName) => {
      const { AccessKey } = await patiently(() => clients.iam.send(new CreateAccessKeyCommand({ UserName })));
      return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
    },
    role: async (service) => {
      const RoleName = numbered('r');
      removeLater(`the role ${RoleName}`, (by) => by.iam.send(new DeleteRoleCommand({ RoleName })));
      const AssumeRolePolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      });
      const { Role } = await clients.iam.send(
        new CreateRoleCommand({
          RoleName,
          Path: iamPathOf(String(judge.connection.region)),
          AssumeRolePolicyDocument,
        }),
      );
      return Role?.Arn ?? '';
    },
    secret: async () => {
      const secretName = await secretWith({ SecretString: VALUE });
      const { VersionId = '' } = await clients.secretsManager.send(
        new GetSecretValueCommand({ SecretId: secretName }),
      );
      return { name: secretName, first: VersionId };
    },
    secretWith,
    topic,
    inbox: async () => {
      const topicArn = await topic();
      const QueueName = numbered('q');
      let QueueUrl = '';
      removeLater(`the queue ${QueueName}`, async (by) => {
        if (QueueUrl !== '') await by.sqs.send(new DeleteQueueCommand({ QueueUrl }));
      });
      const created = await clients.sqs.send(new CreateQueueCommand({ QueueName }));
      QueueUrl = created.QueueUrl ?? '';
      const queueArn = `arn:aws:sqs:${judge.connection.region}:${judge.accountId}:${QueueName}`;
      const Policy = servicePolicy({
        service: 'sns',
        action: 'sqs:SendMessage',
        resource: queueArn,
        source: topicArn,
      });
      await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
      await clients.sns.send(
        new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn }),
      );
      return {
        topicArn,
        next: (what) =>
          eventually(what, async () => {
            const { Messages = [] } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
            const [message] = Messages;
            return message === undefined ? undefined : (JSON.parse(message.Body ?? '{}') as Notification);
          }),
      };
    },
    labels: async (SecretId, aliases) => {
      const { VersionIdsToStages = {} } = await clients.secretsManager.send(
        new DescribeSecretCommand({ SecretId }),
      );
      const aliasOf = new Map(Object.entries(aliases).map(([alias, version]) => [version, alias]));
      return Object.fromEntries(
        Object.entries(VersionIdsToStages)
          // Whether versions without labels are described is a statement of its own.
          .filter(([, labels]) => labels.length > 0)
          .map(([version, labels]) => [aliasOf.get(version) ?? 'another version', [...labels].sort()]),
      );
    },
    close: async () => {
      await traffic.stop();
      await cleanup.run();
    },
  };
  return Object.defineProperties(subject, Object.getOwnPropertyDescriptors(clients)) as Subject;
};
