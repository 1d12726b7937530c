import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  GetFindingsCommand,
} from '@aws-sdk/client-securityhub';
import { DescribeExecutionCommand, ListExecutionsCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { ListSubscriptionsByTopicCommand, PublishCommand } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { FaultInjection } from '../../../embedded-aws/calls/faults';
import type { Wire } from '../../../embedded-aws/clients/fast-wire';
import { sdkConfig } from '../../../embedded-aws/clients/sdk-config';
import type { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import type { VirtualClock } from '../../../embedded-aws/ground/clock';
import { emptyWorld } from '../../../local/world/base-world';
import { MINUTE, SECOND } from '../../support/time';
import { type Credentials, clientsFor, ROLE } from '../fixture';

type Clients = ReturnType<typeof clientsFor>;

const VERSION = '11111111-2222-4333-8444-555555555555';
const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:shop';
const EXECUTION = 'arn:aws:states:us-east-1:111122223333:execution:machine:one';

const FINDING: AwsSecurityFinding = {
  SchemaVersion: '2018-10-08',
  Id: 'one',
  ProductArn: 'arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default',
  GeneratorId: 'rotation',
  AwsAccountId: '111122223333',
  CreatedAt: '2026-03-01T00:00:00.000Z',
  UpdatedAt: '2026-03-02T00:00:00.000Z',
  Title: 'A key is overdue',
  Description: 'It is a key of alice.',
  Resources: [{ Type: 'AwsIamAccessKey', Id: 'AKIA', Details: { AwsIamAccessKey: { Status: 'Active' } } }],
};

/** The result of an SDK call, as its caller sees it, with everything attached to an error. */
const seen = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: Error) => ({
    ...error,
    name: error.name,
    message: error.message,
    kind: Object.getPrototypeOf(error).constructor.name,
  }));

interface Scene {
  readonly aws: EmbeddedAws;
  readonly clock: VirtualClock;
  readonly as: (credentials: Credentials, settings?: Record<string, unknown>) => Clients;
  readonly role: Credentials & { readonly sessionToken: string };
}

/** Plays the same script over a wire, and returns what callers saw and what the embedded AWS recorded. */
const play = async (wire: Wire, script: (scene: Scene) => Promise<unknown>): Promise<unknown> => {
  // Not on a whole second, so that it shows what a wire does to milliseconds. Random numbers come from the
  // world: retries draw them.
  const { aws, clock, run, close } = emptyWorld({ start: new Date('2026-03-02T08:00:00.789Z') });
  try {
    aws.iam.addUser({ userName: 'alice', path: '/apps/' });
    aws.secretsManager.createSecret('alice', { secretString: '{"a":"<&> ü"}' });
    const requestHandler = aws.requestHandler({ requestTimeout: 10 * SECOND });
    const as: Scene['as'] = (credentials, settings = {}) =>
      clientsFor(credentials, { ...sdkConfig(wire), requestHandler, maxAttempts: 1, ...settings });
    const result = await run(() => script({ aws, clock, as, role: aws.roleCredentials(ROLE) }));
    return { result, calls: aws.calls };
  } finally {
    close();
  }
};

const CALLS: Readonly<Record<string, (clients: Clients, accessKeyId: string) => Promise<unknown>>> = {
  GetUser: ({ iam }) => iam.send(new GetUserCommand({ UserName: 'alice' })),
  ListAccessKeys: ({ iam }) => iam.send(new ListAccessKeysCommand({ UserName: 'alice' })),
  'ListAccessKeys, a page': ({ iam }) =>
    iam.send(new ListAccessKeysCommand({ UserName: 'alice', MaxItems: 1 })),
  CreateAccessKey: ({ iam }) => iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })),
  UpdateAccessKey: ({ iam }, AccessKeyId) =>
    iam.send(new UpdateAccessKeyCommand({ UserName: 'alice', AccessKeyId, Status: 'Inactive' })),
  DeleteAccessKey: ({ iam }, AccessKeyId) =>
    iam.send(new DeleteAccessKeyCommand({ UserName: 'alice', AccessKeyId })),
  GetAccessKeyLastUsed: ({ iam }, AccessKeyId) => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })),
  GetCallerIdentity: ({ sts }) => sts.send(new GetCallerIdentityCommand({})),
  DescribeSecret: ({ secrets }) => secrets.send(new DescribeSecretCommand({ SecretId: 'alice' })),
  GetSecretValue: ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: 'alice' })),
  ListSecretVersionIds: ({ secrets }) =>
    secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'alice', IncludeDeprecated: true })),
  PutSecretValue: ({ secrets }) =>
    secrets.send(
      new PutSecretValueCommand({
        SecretId: 'alice',
        ClientRequestToken: VERSION,
        SecretString: 'next',
        VersionStages: ['one', 'two'],
      }),
    ),
  'UpdateSecretVersionStage, refused': ({ secrets }) =>
    secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'alice',
        VersionStage: 'one',
        MoveToVersionId: VERSION,
      }),
    ),
  LookupEvents: ({ trail }) =>
    trail.send(new LookupEventsCommand({ StartTime: new Date('2026-03-01T00:00:00.500Z') })),
  DescribeAlarms: ({ cloudWatch }) => cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] })),
  PutMetricData: ({ cloudWatch }) =>
    cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'Ours',
        MetricData: [
          {
            MetricName: 'm',
            Value: 0.5,
            Timestamp: new Date('2026-03-02T08:00:00.000Z'),
            Dimensions: [{ Name: 'a', Value: 'b' }],
          },
        ],
      }),
    ),
  ListSubscriptionsByTopic: ({ sns }) =>
    sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: 'arn:aws:sns:us-east-1:111122223333:told' })),
  GetSchedule: ({ scheduler }) =>
    scheduler.send(new GetScheduleCommand({ GroupName: 'rotation', Name: 'alice' })),
  BatchImportFindings: ({ securityHub }) =>
    securityHub.send(new BatchImportFindingsCommand({ Findings: [FINDING] })),
  GetFindings: ({ securityHub }) =>
    securityHub.send(
      new GetFindingsCommand({ Filters: { RecordState: [{ Value: 'ACTIVE', Comparison: 'EQUALS' }] } }),
    ),
  ListExecutions: ({ states }) =>
    states.send(
      new ListExecutionsCommand({
        stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:machine',
      }),
    ),
  Publish: ({ sns }) =>
    sns.send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:111122223333:told', Message: 'a & b' })),
  PutEvents: ({ events }) =>
    events.send(new PutEventsCommand({ Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}' }] })),
  DescribeExecution: ({ states }) =>
    states.send(new DescribeExecutionCommand({ executionArn: EXECUTION, includedData: 'METADATA_ONLY' })),
  StopExecution: ({ states }) => states.send(new StopExecutionCommand({ executionArn: EXECUTION })),
  GetFunctionConcurrency: ({ lambda }) =>
    lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: FUNCTION })),
  'a function that does not exist': ({ lambda }) =>
    lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: `${FUNCTION}-and-only` })),
  'a user that does not exist': ({ iam }) => iam.send(new GetUserCommand({ UserName: 'bob' })),
  'a secret that does not exist': ({ secrets }) =>
    secrets.send(new DescribeSecretCommand({ SecretId: 'bob' })),
  'an execution that does not exist': ({ states }) =>
    states.send(new DescribeExecutionCommand({ executionArn: `${EXECUTION}-and-only` })),
};

const prepared = ({ aws }: Scene): string => {
  const { accessKeyId } = aws.iam.addAccessKey('alice', { createDate: new Date('2025-12-31T23:59:59.999Z') });
  aws.cloudWatch.addAlarm('errors');
  aws.sns.subscribe(aws.sns.addTopic('told'), 'email', 'a@example.com');
  aws.scheduler.setSchedule('rotation', 'alice');
  aws.lambda.addFunction(FUNCTION);
  aws.states.addExecution({
    arn: EXECUTION,
    status: 'RUNNING',
    startDate: new Date('2026-03-02T07:59:58.123Z'),
    redriveCount: 0,
  });
  return accessKeyId;
};

const bothWires = async (script: (scene: Scene) => Promise<unknown>): Promise<void> => {
  const full = await play('full', script);
  expect(await play('fast', script)).toEqual(full);
  // Everything that JSON does not distinguish as well, such as a field that is undefined.
  expect(JSON.stringify(await play('fast', script))).toBe(JSON.stringify(full));
};

describe('an SDK client sees the same over both wires', () => {
  test.each(Object.entries(CALLS))('%s', async (_name, call) => {
    await bothWires(async (scene) => {
      const accessKeyId = prepared(scene);
      const clients = scene.as(scene.role);
      // Twice: the second call shows what the first has changed, and by then the client is warm.
      const first = await seen(call(clients, accessKeyId));
      await scene.clock.sleep(15 * MINUTE);
      return [first, await seen(call(clients, accessKeyId))];
    });
  });
});

describe('a signature is judged alike over both wires', () => {
  const ask = (clients: Clients) =>
    Promise.all([
      seen(clients.sts.send(new GetCallerIdentityCommand({}))),
      seen(clients.secrets.send(new DescribeSecretCommand({ SecretId: 'alice' }))),
    ]);

  test.each<[string, (scene: Scene) => Clients]>([
    ['of a role', ({ as, role }) => as(role)],
    ['with a wrong secret', ({ as, role }) => as({ ...role, secretAccessKey: 'wrong' })],
    ['with another token', ({ as, role }) => as({ ...role, sessionToken: 'another' })],
    [
      'of an unknown key',
      ({ as }) => as({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'unknown' }),
    ],
    ['of a key that is not known everywhere yet', ({ aws, as }) => as(aws.iam.addAccessKey('alice'))],
    ['made just in time', ({ as, role }) => as(role, { systemClockOffset: -5 * MINUTE })],
    ['made too early', ({ as, role }) => as(role, { systemClockOffset: -5 * MINUTE - SECOND })],
    ['made too late', ({ as, role }) => as(role, { systemClockOffset: 5 * MINUTE + SECOND })],
    [
      'made too early, and repeated with a corrected clock',
      ({ as, role }) => as(role, { systemClockOffset: -MINUTE * 20, maxAttempts: 3 }),
    ],
  ])('%s', async (_name, clientsOf) => {
    await bothWires((scene) => ask(clientsOf(scene)));
  });
});

describe('a fault strikes alike on both wires', () => {
  test.each<[string, FaultInjection]>([
    ['a connection that breaks before the call', { kind: 'before', as: 'connection' }],
    ['a 500 without effect', { kind: 'before', as: 'http-500' }],
    ['a connection that breaks after the call', { kind: 'after', as: 'connection' }],
    ['a 500 after the effect', { kind: 'after', as: 'http-500' }],
    ['a late effect', { kind: 'late', delayMs: 5 * SECOND }],
    ['throttling', { kind: 'throttle', times: 2 }],
    ['an answer that takes a while', { kind: 'delay', ms: 5 * SECOND }],
    ['an answer that takes too long', { kind: 'delay', ms: 60 * SECOND }],
    ['a refusal', { kind: 'error', code: 'InvalidClientTokenId', status: 403 }],
  ])('%s', async (_name, fault) => {
    await bothWires(async (scene) => {
      const { aws, as, role, clock } = scene;
      aws.faults.inject({ ...fault, match: ({ operation }) => operation === 'PutSecretValue' });
      const { secrets } = as(role, { maxAttempts: 3 });
      const put = await seen(CALLS.PutSecretValue?.({ ...as(role), secrets }, '') ?? Promise.reject());
      const began = clock.now();
      await clock.sleep(MINUTE);
      return [began, put, await seen(secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'alice' })))];
    });
  });
});

test('the fast wire refuses what it cannot carry, rather than carry it differently', async () => {
  const { result } = (await play('fast', ({ as, role }) =>
    Promise.all([
      seen(
        as(role).secrets.send(
          new PutSecretValueCommand({
            SecretId: 'alice',
            ClientRequestToken: VERSION,
            SecretBinary: new Uint8Array([1]),
          }),
        ),
      ),
      // The SDK would draw the missing token at random.
      seen(as(role).secrets.send(new PutSecretValueCommand({ SecretId: 'alice', SecretString: 'next' }))),
    ]),
  )) as { readonly result: readonly unknown[] };
  expect(result).toEqual([
    expect.objectContaining({ message: expect.stringContaining('The fast wire does not carry') }),
    expect.objectContaining({ message: expect.stringContaining('ClientRequestToken') }),
  ]);
});

test('an operation that is not modelled is refused alike', async () => {
  await bothWires(({ as, role }) =>
    seen(
      as(role).cloudWatch.send(
        new PutMetricAlarmCommand({
          AlarmName: 'x',
          EvaluationPeriods: 1,
          ComparisonOperator: 'LessThanThreshold',
        }),
      ),
    ),
  );
});
