import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  CreateGroupCommand,
  GetUserCommand,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { type AwsServer, serve } from '../../embedded-aws/serve';
import { HOUR, SECOND } from '../support/time';
import { type Credentials, clientsFor, outcome, ROLE, setUp } from './fixture';

type Clients = ReturnType<typeof clientsFor>;

let server: AwsServer | undefined;

afterEach(async () => {
  jest.restoreAllMocks();
  await server?.close();
  server = undefined;
});

/** The embedded AWS with some state, and clients of it over HTTP. */
const overHttp = async (settings: Record<string, unknown> = {}) => {
  const world = setUp();
  const { aws } = world;
  aws.iam.addUser({ userName: 'alice' });
  aws.secretsManager.createSecret('db', { secretString: 'värde', versionId: 'v'.repeat(32) });
  aws.cloudWatch.addAlarm('errors');
  aws.sns.addTopic('alarms');
  server = await serve(aws);
  const endpoint = server.url;
  const http = (credentials: Credentials, more = settings) => clientsFor(credentials, { endpoint, ...more });
  return { ...world, http, remote: http(aws.roleCredentials(ROLE)) };
};

const strip = async (call: Promise<object>) => {
  const result = await call.then(
    ({ $metadata: _, ...output }: { $metadata?: unknown }) => output,
    async (error: unknown) => outcome(Promise.reject(error)),
  );
  return result;
};

test.each<[string, (clients: Clients) => Promise<object>]>([
  ['iam', ({ iam }) => iam.send(new GetUserCommand({ UserName: 'alice' }))],
  ['an error of iam', ({ iam }) => iam.send(new GetUserCommand({ UserName: 'bob' }))],
  ['an operation that is not modelled', ({ iam }) => iam.send(new CreateGroupCommand({ GroupName: 'bob' }))],
  ['secretsmanager', ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: 'db' }))],
  [
    'an error of secretsmanager',
    ({ secrets }) =>
      secrets.send(
        new PutSecretValueCommand({ SecretId: 'db', SecretString: 'x', ClientRequestToken: 'v'.repeat(32) }),
      ),
  ],
  ['cloudtrail', ({ trail }) => trail.send(new LookupEventsCommand({}))],
  ['cloudwatch', ({ cloudWatch }) => cloudWatch.send(new DescribeAlarmsCommand({}))],
  ['an error of sns', ({ sns }) => sns.send(new PublishCommand({ TopicArn: 'gone', Message: 'é+&' }))],
  [
    'an error of lambda',
    ({ lambda }) => lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: 'shop' })),
  ],
  ['an error of states', ({ states }) => states.send(new DescribeExecutionCommand({ executionArn: 'x' }))],
])('%s answers the same over HTTP as in the process', async (_name, call) => {
  const world = await overHttp();
  const local = await strip(call(world));
  const remote = await strip(world.clock.run(call(world.remote)));
  expect(remote).toEqual(local);
  expect(Object.keys(remote)).not.toHaveLength(0);
});

test('signatures are verified over HTTP too', async () => {
  const { aws, clock, http } = await overHttp();
  const wrong = http({ ...aws.roleCredentials(ROLE), secretAccessKey: 'wrong' });
  const result = await outcome(clock.run(wrong.sts.send(new GetCallerIdentityCommand({}))));
  expect(result).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
});

test('time does not jump while a request is on its way', async () => {
  const { clock, remote } = await overHttp();
  const started = clock.now().getTime();
  let fired = false;
  clock.setTimeout(() => {
    fired = true;
  }, 1);
  await clock.run(async () => {
    for (let call = 0; call < 5; call += 1) {
      await remote.sts.send(new GetCallerIdentityCommand({}));
    }
    expect([clock.now().getTime(), fired]).toEqual([started, false]);
  });
});

test('a request that waits for virtual time does not stop it, and hides no other request', async () => {
  const { aws, clock, remote } = await overHttp();
  aws.faults.inject({ kind: 'delay', ms: HOUR });
  const started = clock.now().getTime();
  const list = () => remote.iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  const times: number[] = [];
  const note = () => times.push(clock.now().getTime() - started);
  await clock.run(async () => {
    const slow = list().then(note);
    const others = async () => {
      for (let call = 0; call < 3; call += 1) {
        await clock.sleep(SECOND);
        await list();
        note();
      }
    };
    await Promise.all([slow, others()]);
  });
  expect(times).toEqual([SECOND, 2 * SECOND, 3 * SECOND, HOUR]);
});

test.each(['before', 'after'] as const)('%s: the connection breaks', async (kind) => {
  const { aws, clock, remote } = await overHttp();
  aws.faults.inject({ kind });
  const call = remote.iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  const result = await outcome(clock.run(call));
  // Under Jest the SDK does not recognise Node's error, which comes from another realm, and wraps it.
  expect(result).toMatchObject({
    status: undefined,
    message: expect.stringMatching(/socket hang up|ECONNRESET/),
  });
  expect(aws.iam.keysOf('alice')).toHaveLength(kind === 'after' ? 1 : 0);
});

test('the SDK’s retries over HTTP wait in virtual time', async () => {
  // The SDK draws its delays at random, and for any clock a drawn 0 ms becomes 1 ms.
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  const { aws, clock, http } = await overHttp();
  const { iam } = http(aws.roleCredentials(ROLE), { maxAttempts: 3 });
  aws.faults.inject({ kind: 'throttle' });
  aws.faults.inject({ kind: 'before' });
  const started = clock.now().getTime();
  const { $metadata } = await clock.run(iam.send(new ListAccessKeysCommand({ UserName: 'alice' })));
  expect($metadata.attempts).toBe(3);
  expect(clock.now().getTime() - started).toBe($metadata.totalRetryDelay);
});

test('the SDK’s own request timeout runs in virtual time', async () => {
  const { aws, clock, http } = await overHttp();
  const requestHandler = { requestTimeout: 5 * SECOND, throwOnRequestTimeout: true };
  const { iam } = http(aws.roleCredentials(ROLE), { requestHandler });
  aws.faults.inject({ kind: 'delay', ms: HOUR });
  const started = clock.now().getTime();
  const call = iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  await expect(outcome(clock.run(call))).resolves.toMatchObject({ name: 'TimeoutError' });
  expect(clock.now().getTime() - started).toBe(5 * SECOND);
  expect(aws.iam.keysOf('alice')).toHaveLength(1);
});

test('requests other than POST / are refused', async () => {
  const { clock } = await overHttp();
  const response = await clock.run(clock.track(fetch(`${server?.url}/path`)));
  expect(response.status).toBe(501);
});
