import { DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail';
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  CreateGroupCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionConcurrencyCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, ListActivitiesCommand } from '@aws-sdk/client-sfn';
import { ListTopicsCommand, PublishCommand } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AuthorizationRequest, EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { MINUTE, SECOND } from '../support/time';
import { ACCOUNT, outcome, ROLE, setUp } from './fixture';

type World = ReturnType<typeof setUp>;

describe('calls that are not modelled are refused, by name', () => {
  test.each<[string, (world: World) => Promise<unknown>]>([
    ['the operation iam:CreateGroup', ({ iam }) => iam.send(new CreateGroupCommand({ GroupName: 'a' }))],
    [
      'the operation sts:AssumeRole',
      ({ sts }) => sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 's' })),
    ],
    [
      'the operation secretsmanager:RotateSecret',
      ({ secrets }) => secrets.send(new RotateSecretCommand({ SecretId: 's' })),
    ],
    ['the operation cloudtrail:DescribeTrails', ({ trail }) => trail.send(new DescribeTrailsCommand({}))],
    ['the operation cloudwatch:ListMetrics', ({ cloudWatch }) => cloudWatch.send(new ListMetricsCommand({}))],
    [
      'the operation lambda:a request without an operation',
      ({ lambda }) => lambda.send(new ListFunctionsCommand({})),
    ],
    [
      'names of functions other than a name and the ARN of a function itself',
      ({ lambda }) => lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: 'shop:live' })),
    ],
    ['the operation sns:ListTopics', ({ sns }) => sns.send(new ListTopicsCommand({}))],
    ['the operation states:ListActivities', ({ states }) => states.send(new ListActivitiesCommand({}))],
    [
      'the parameter SecretBinary of secretsmanager:PutSecretValue',
      ({ secrets }) =>
        secrets.send(new PutSecretValueCommand({ SecretId: 's', SecretBinary: new Uint8Array([1]) })),
    ],
    [
      'the parameter MessageStructure of sns:Publish',
      ({ sns }) => sns.send(new PublishCommand({ TopicArn: 't', Message: 'm', MessageStructure: 'json' })),
    ],
    [
      'secretsmanager in eu-west-1',
      async ({ aws }) => {
        const elsewhere = setUp({ clock: aws.clock, region: 'eu-west-1' });
        const credentials = aws.roleCredentials(ROLE);
        const clients = elsewhere.as(credentials, { requestHandler: aws.requestHandler() });
        return clients.secrets.send(new DescribeSecretCommand({ SecretId: 's' }));
      },
    ],
  ])('%s', async (what, call) => {
    const world = setUp();
    expect(await outcome(call(world))).toMatchObject({
      name: 'NotModelled',
      status: 501,
      message: `The embedded AWS does not model ${what}`,
    });
  });

  test('another service', async () => {
    const { aws } = setUp();
    const scope = '20260302/us-east-1/dynamodb/aws4_request';
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIAX/${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    const headers = { authorization, 'x-amz-target': 'DynamoDB_20120810.GetItem' };
    const response = await aws.handle({ method: 'POST', path: '/', headers, body: '{}' });
    expect(response.statusCode).toBe(501);
    expect(Buffer.from(response.body).toString()).toContain('the service dynamodb');
  });

  test.each([
    ['GET', '/'],
    ['POST', '/2015-03-31/functions'],
    ['POST', '/?Action=GetUser'],
  ])('%s %s', async (method, path) => {
    const { aws } = setUp();
    const response = await aws.handle({ method, path, headers: {}, body: '' });
    expect(response.statusCode).toBe(501);
    expect(Buffer.from(response.body).toString()).toContain('requests other than POST /');
  });

  test('is not retried, and shows among the calls', async () => {
    const { aws, as } = setUp();
    const { iam } = as(aws.roleCredentials(ROLE), { maxAttempts: 3 });
    await outcome(iam.send(new CreateGroupCommand({ GroupName: 'a' })));
    expect(aws.calls.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['CreateGroup', 'NotModelled'],
    ]);
  });
});

test('parameters of the wrong type are refused', async () => {
  const { secrets } = setUp();
  const command = new GetSecretValueCommand({ SecretId: 7 as unknown as string });
  await expect(outcome(secrets.send(command))).resolves.toMatchObject({ status: 400 });
});

test('every call is in the log, with its caller, its resource and its outcome', async () => {
  const { aws, clock, as, iam, secrets, sns, states } = setUp({ behaviour: { keyPropagationDelay: 0 } });
  aws.iam.addUser({ userName: 'alice', path: '/apps/' });
  const key = aws.iam.addAccessKey('alice');
  const { arn } = aws.secretsManager.createSecret('db', { secretString: 'x' });
  const executionArn = `arn:aws:states:us-east-1:${ACCOUNT}:execution:m:e`;
  const AccessKeyId = 'AKIAAAAAAAAAAAAAAAAA';
  await as(key).sts.send(new GetCallerIdentityCommand({}));
  await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  await outcome(iam.send(new UpdateAccessKeyCommand({ UserName: 'alice', AccessKeyId, Status: 'Active' })));
  await outcome(iam.send(new DeleteAccessKeyCommand({ UserName: 'bob', AccessKeyId })));
  await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId }));
  await secrets.send(new DescribeSecretCommand({ SecretId: 'db' }));
  await clock.advance(SECOND);
  await outcome(secrets.send(new DescribeSecretCommand({ SecretId: 'gone' })));
  await outcome(sns.send(new PublishCommand({ TopicArn: 'arn:topic', Message: 'm' })));
  await outcome(states.send(new DescribeExecutionCommand({ executionArn })));
  const alice = `arn:aws:iam::${ACCOUNT}:user/apps/alice`;
  expect(
    aws.calls.map(({ service, operation, resource, outcome }) => [service, operation, resource, outcome]),
  ).toEqual([
    ['sts', 'GetCallerIdentity', alice, 'ok'],
    ['iam', 'ListAccessKeys', alice, 'ok'],
    ['iam', 'UpdateAccessKey', alice, 'NoSuchEntity'],
    ['iam', 'DeleteAccessKey', `arn:aws:iam::${ACCOUNT}:user/bob`, 'NoSuchEntity'],
    ['iam', 'GetAccessKeyLastUsed', alice, 'ok'],
    ['secretsmanager', 'DescribeSecret', arn, 'ok'],
    [
      'secretsmanager',
      'DescribeSecret',
      `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:gone`,
      'ResourceNotFoundException',
    ],
    ['sns', 'Publish', 'arn:topic', 'NotFound'],
    ['states', 'DescribeExecution', executionArn, 'ExecutionDoesNotExist'],
  ]);
  expect(aws.calls.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(aws.calls[0]).toMatchObject({ caller: alice, accessKeyId: key.accessKeyId, answered: true });
  expect(aws.calls[1]).toMatchObject({ caller: ROLE });
  expect(aws.calls.slice(-1)).toMatchObject([{ at: clock.now() }]);
});

test('a listener hears of each call when its effect is there, until it stops', async () => {
  const { aws, iam } = setUp();
  aws.iam.addUser({ userName: 'alice' });
  const heard: unknown[] = [];
  const stop = aws.onCall(({ operation }) => heard.push([operation, aws.iam.keysOf('alice').length]));
  await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  stop();
  await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  expect(heard).toEqual([
    ['CreateAccessKey', 1],
    ['ListAccessKeys', 1],
  ]);
});

test('the authorizer decides on everything but GetCallerIdentity', async () => {
  const asked: AuthorizationRequest[] = [];
  const { aws, iam, secrets, sts } = setUp({
    authorize: (request) => {
      asked.push(request);
      return request.action === 'iam:GetUser';
    },
  });
  const { arn } = aws.iam.addUser({ userName: 'alice' });
  const secret = aws.secretsManager.createSecret('db', { secretString: 'x' });
  await expect(outcome(sts.send(new GetCallerIdentityCommand({})))).resolves.toEqual({ name: 'ok' });
  await expect(outcome(iam.send(new GetUserCommand({ UserName: 'alice' })))).resolves.toEqual({ name: 'ok' });
  await expect(outcome(iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })))).resolves.toMatchObject({
    name: 'AccessDenied',
    status: 403,
    message: `User: ${ROLE} is not authorized to perform: iam:CreateAccessKey on resource: user alice because no identity-based policy allows the iam:CreateAccessKey action`,
  });
  await expect(outcome(secrets.send(new GetSecretValueCommand({ SecretId: 'db' })))).resolves.toMatchObject({
    name: 'AccessDeniedException',
    status: 400,
  });
  expect(aws.iam.keysOf('alice')).toEqual([]);
  const request = (action: string, resource: string) => {
    const [service, operation] = action.split(':');
    return { caller: ROLE, service, operation, action, resource, conditions: {} };
  };
  expect(asked).toEqual([
    request('iam:GetUser', arn),
    request('iam:CreateAccessKey', arn),
    request('secretsmanager:GetSecretValue', secret.arn),
  ]);
});

test('a call takes as long as configured', async () => {
  const { clock, sts } = setUp({ behaviour: { latency: 50 } });
  const started = clock.now().getTime();
  await sts.send(new GetCallerIdentityCommand({}));
  await sts.send(new GetCallerIdentityCommand({}));
  expect(clock.now().getTime() - started).toBe(100);
});

test('the behaviour can change at any time', async () => {
  const { aws, as } = setUp({ behaviour: { keyPropagationDelay: MINUTE } });
  aws.iam.addUser({ userName: 'alice' });
  const { sts } = as(aws.iam.addAccessKey('alice'));
  await expect(outcome(sts.send(new GetCallerIdentityCommand({})))).resolves.toMatchObject({
    name: 'InvalidClientTokenId',
  });
  aws.behaviour.keyPropagationDelay = 0;
  await expect(outcome(sts.send(new GetCallerIdentityCommand({})))).resolves.toEqual({ name: 'ok' });
});

test('defaults: a clock of its own, an account and a Region', async () => {
  const aws = new EmbeddedAws();
  const uninstall = aws.clock.install();
  try {
    const credentials = aws.roleCredentials(ROLE, 'session');
    const sts = new STSClient({ region: aws.region, credentials, requestHandler: aws.requestHandler() });
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe(`arn:aws:sts::${aws.accountId}:assumed-role/rotation-create/session`);
  } finally {
    uninstall();
  }
});
