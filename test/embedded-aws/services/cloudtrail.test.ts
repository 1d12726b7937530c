import {
  CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandInput,
  paginateLookupEvents,
} from '@aws-sdk/client-cloudtrail';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { DAY, HOUR, MINUTE } from '../../support/time';
import { ACCOUNT, outcome, ROLE, setUp } from '../fixture';

const withAlice = (options: Parameters<typeof setUp>[0] = {}) => {
  const world = setUp(options);
  world.aws.iam.addUser({ userName: 'alice' });
  world.aws.iam.addUser({ userName: 'bob' });
  const look = async (input: LookupEventsCommandInput = {}) => {
    const { Events = [] } = await world.trail.send(new LookupEventsCommand(input));
    return Events;
  };
  const namesOf = async (input: LookupEventsCommandInput = {}) =>
    (await look(input)).map(({ EventName }) => EventName);
  return { ...world, look, namesOf };
};

const details = (event: { readonly CloudTrailEvent?: string | undefined } | undefined) =>
  JSON.parse(event?.CloudTrailEvent ?? '{}') as Record<string, unknown>;

test('an event shows after the delay', async () => {
  const { aws, clock, namesOf } = withAlice({ behaviour: { cloudTrailDelay: 10 * MINUTE } });
  aws.iam.addAccessKey('alice');
  await clock.advance(10 * MINUTE - 1);
  expect(await namesOf()).toEqual([]);
  await clock.advance(1);
  expect(await namesOf()).toEqual(['CreateAccessKey']);
});

test('an event may never show', async () => {
  const { aws, clock, namesOf } = withAlice({ behaviour: { cloudTrailDelay: Number.POSITIVE_INFINITY } });
  aws.iam.addAccessKey('alice');
  await clock.advance(80 * DAY);
  expect(await namesOf()).toEqual([]);
});

test('an event is forgotten earlier, if so configured', async () => {
  const { aws, clock, namesOf } = withAlice({ behaviour: { cloudTrailDelay: 0, cloudTrailMemory: HOUR } });
  aws.iam.addAccessKey('alice');
  await clock.advance(HOUR);
  expect(await namesOf()).toEqual(['CreateAccessKey']);
  await clock.advance(1);
  expect(await namesOf()).toEqual([]);
});

test('the creation and the deletion of a user appear', async () => {
  const { clock, iam, look } = withAlice();
  await iam.send(new CreateUserCommand({ UserName: 'carol', Path: '/apps/' }));
  await outcome(iam.send(new CreateUserCommand({ UserName: 'carol' })));
  await iam.send(new DeleteUserCommand({ UserName: 'carol' }));
  await clock.advance(HOUR);
  const events = (await look()).map(details);
  expect(
    events.map(({ eventName, errorCode, requestParameters }) => [eventName, errorCode, requestParameters]),
  ).toEqual([
    ['DeleteUser', undefined, { userName: 'carol' }],
    ['CreateUser', 'EntityAlreadyExists', { userName: 'carol' }],
    ['CreateUser', undefined, { userName: 'carol', path: '/apps/' }],
  ]);
});

test('writes of a role name its session’s issuer, and never the secret', async () => {
  const { aws, clock, iam, look } = withAlice();
  await clock.advance(1500);
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  await clock.advance(HOUR);
  const [event] = await look();
  expect(event).toMatchObject({
    EventName: 'CreateAccessKey',
    EventSource: 'iam.amazonaws.com',
    EventTime: new Date('2026-03-02T08:00:01Z'),
    ReadOnly: 'false',
    Username: 'embedded',
    AccessKeyId: aws.calls[0]?.accessKeyId,
    Resources: [
      { ResourceType: 'AWS::IAM::User', ResourceName: 'alice' },
      { ResourceType: 'AWS::IAM::AccessKey', ResourceName: AccessKey?.AccessKeyId },
    ],
  });
  expect(details(event)).toMatchObject({
    eventID: event?.EventId,
    eventTime: '2026-03-02T08:00:01Z',
    eventName: 'CreateAccessKey',
    eventSource: 'iam.amazonaws.com',
    awsRegion: 'us-east-1',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/rotation-create/embedded`,
      accountId: ACCOUNT,
      sessionContext: { sessionIssuer: { type: 'Role', arn: ROLE, userName: 'rotation-create' } },
    },
    requestParameters: { userName: 'alice' },
    responseElements: {
      accessKey: {
        userName: 'alice',
        accessKeyId: AccessKey?.AccessKeyId,
        status: 'Active',
        createDate: '2026-03-02T08:00:01Z',
      },
    },
  });
  expect(JSON.stringify(event)).not.toContain(AccessKey?.SecretAccessKey);
});

test('a person’s act is an event by a person', async () => {
  const { aws, clock, look } = withAlice();
  const { accessKeyId } = aws.iam.addAccessKey('alice');
  aws.iam.setStatus(accessKeyId, 'Inactive');
  aws.iam.removeAccessKey(accessKeyId);
  await clock.advance(HOUR);
  const events = await look();
  expect(events.map((event) => [event.EventName, details(event).userIdentity])).toEqual(
    ['DeleteAccessKey', 'UpdateAccessKey', 'CreateAccessKey'].map((name) => [
      name,
      expect.objectContaining({
        type: 'IAMUser',
        arn: `arn:aws:iam::${ACCOUNT}:user/operator`,
        userName: 'operator',
      }),
    ]),
  );
  expect(aws.calls.map(({ operation }) => operation)).toEqual(['LookupEvents']);
});

test('failed writes are events with an error code; reads are none', async () => {
  const denied = { current: false };
  const { clock, iam, look } = withAlice({ authorize: () => !denied.current });
  const key = { UserName: 'alice', AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA' };
  await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  await outcome(iam.send(new DeleteAccessKeyCommand(key)));
  await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  await outcome(iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })));
  denied.current = true;
  await outcome(iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' })));
  denied.current = false;
  await clock.advance(HOUR);
  const events = (await look()).reverse().map((event) => [event.EventName, details(event).errorCode]);
  expect(events).toEqual([
    ['DeleteAccessKey', 'NoSuchEntityException'],
    ['CreateAccessKey', undefined],
    ['CreateAccessKey', undefined],
    ['CreateAccessKey', 'LimitExceededException'],
    ['UpdateAccessKey', 'AccessDenied'],
  ]);
});

describe('LookupEvents', () => {
  const world = async () => {
    const setup = withAlice();
    const { accessKeyId } = setup.aws.iam.addAccessKey('alice');
    await setup.clock.advance(HOUR);
    const request = { UserName: 'bob' };
    const { AccessKey } = await setup.iam.send(new CreateAccessKeyCommand(request));
    await setup.clock.advance(HOUR);
    setup.aws.iam.setStatus(accessKeyId, 'Inactive');
    await setup.clock.advance(HOUR);
    const signedBy = setup.aws.calls[0]?.accessKeyId ?? '';
    return { ...setup, accessKeyId, bobsKey: AccessKey?.AccessKeyId ?? '', signedBy };
  };

  test.each<[string, (world: { accessKeyId: string; bobsKey: string; signedBy: string }) => string, number]>([
    ['EventName', () => 'CreateAccessKey', 2],
    ['EventName', () => 'DeleteAccessKey', 0],
    ['ResourceName', () => 'alice', 2],
    ['ResourceName', ({ accessKeyId }) => accessKeyId, 2],
    ['ResourceName', ({ bobsKey }) => bobsKey, 1],
    ['ResourceType', () => 'AWS::IAM::User', 3],
    ['ResourceType', () => 'AWS::S3::Bucket', 0],
    ['Username', () => 'operator', 2],
    // The key that signed, not the key that the event is about.
    ['AccessKeyId', ({ signedBy }) => signedBy, 1],
    ['AccessKeyId', ({ accessKeyId }) => accessKeyId, 0],
    ['EventSource', () => 'iam.amazonaws.com', 3],
    ['ReadOnly', () => 'false', 3],
    ['ReadOnly', () => 'true', 0],
  ])('by %s', async (AttributeKey, value, count) => {
    const setup = await world();
    const LookupAttributes = [{ AttributeKey: AttributeKey as 'EventName', AttributeValue: value(setup) }];
    expect(await setup.look({ LookupAttributes })).toHaveLength(count);
  });

  test('by EventId', async () => {
    const { look } = await world();
    const [first] = await look();
    const LookupAttributes = [{ AttributeKey: 'EventId' as const, AttributeValue: first?.EventId }];
    expect(await look({ LookupAttributes })).toEqual([first]);
  });

  test('by time, both ends included, newest first', async () => {
    const { namesOf } = await world();
    const all = ['UpdateAccessKey', 'CreateAccessKey', 'CreateAccessKey'];
    const at = (hour: number, ms = 0) => new Date(Date.UTC(2026, 2, 2, 8 + hour) + ms);
    expect(await namesOf()).toEqual(all);
    expect(await namesOf({ StartTime: at(1) })).toEqual(all.slice(0, 2));
    expect(await namesOf({ StartTime: at(1, 1) })).toEqual(all.slice(0, 1));
    expect(await namesOf({ EndTime: at(1) })).toEqual(all.slice(1));
    expect(await namesOf({ StartTime: at(0, 1), EndTime: at(2, -1) })).toEqual(['CreateAccessKey']);
  });

  test('pages', async () => {
    const { trail } = await world();
    const sizes: unknown[] = [];
    for await (const { Events } of paginateLookupEvents({ client: trail, pageSize: 2 }, {})) {
      sizes.push(Events?.length);
    }
    expect(sizes).toEqual([2, 1]);
  });

  test.each<[string, LookupEventsCommandInput, string]>([
    [
      'two attributes',
      {
        LookupAttributes: [
          { AttributeKey: 'EventName', AttributeValue: 'a' },
          { AttributeKey: 'Username', AttributeValue: 'b' },
        ],
      },
      'InvalidLookupAttributesException',
    ],
    ['51 results', { MaxResults: 51 }, 'InvalidMaxResultsException'],
    ['0 results', { MaxResults: 0 }, 'InvalidMaxResultsException'],
    [
      'an end before the start',
      { StartTime: new Date(2000), EndTime: new Date(1000) },
      'InvalidTimeRangeException',
    ],
    ['a made-up token', { NextToken: 'nonsense' }, 'InvalidNextTokenException'],
    ['insight events', { EventCategory: 'insight' }, 'NotModelled'],
  ])('refuses %s', async (_name, input, expected) => {
    const { trail } = await world();
    expect((await outcome(trail.send(new LookupEventsCommand(input)))).name).toBe(expected);
  });

  test('forgets after 90 days', async () => {
    const { clock, namesOf } = await world();
    await clock.advanceTo(new Date(Date.UTC(2026, 2, 2, 8) + 90 * DAY));
    expect(await namesOf()).toHaveLength(3);
    await clock.advance(HOUR - 1);
    expect(await namesOf()).toHaveLength(2);
  });
});

describe('events of other services', () => {
  const STATES = `arn:aws:states:us-east-1:${ACCOUNT}`;

  const withSecret = (options: Parameters<typeof setUp>[0] = {}) => {
    const world = withAlice({ ...options, behaviour: { cloudTrailDelay: 0 } });
    const { arn } = world.aws.secretsManager.createSecret('alice-key', { secretString: 'a value EXAMPLE' });
    return { ...world, arn };
  };
  const startWith = async ({ states }: Pick<ReturnType<typeof setUp>, 'states'>, name: string) => {
    const { stateMachineArn } = await states.send(
      new CreateStateMachineCommand({ name: 'rotation', definition: '{}', roleArn: ROLE }),
    );
    return states.send(new StartExecutionCommand({ stateMachineArn, name, input: '{"reason":"EXAMPLE"}' }));
  };

  test('the start of an execution says who started it, and hides its input', async () => {
    const world = withSecret();
    const { executionArn } = await startWith(world, 'one');
    const [event, ...others] = await world.look();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      EventName: 'StartExecution',
      EventSource: 'states.amazonaws.com',
      ReadOnly: 'false',
      Username: 'embedded',
      Resources: [],
    });
    expect(details(event)).toMatchObject({
      eventID: event?.EventId,
      eventSource: 'states.amazonaws.com',
      awsRegion: 'us-east-1',
      readOnly: false,
      managementEvent: true,
      userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { arn: ROLE } } },
      requestParameters: {
        stateMachineArn: `${STATES}:stateMachine:rotation`,
        name: 'one',
        input: 'HIDDEN_DUE_TO_SECURITY_REASONS',
      },
      responseElements: { executionArn, startDate: 'Mar 2, 2026 8:00:00 AM' },
    });
    expect(event?.CloudTrailEvent).not.toContain('EXAMPLE');
  });

  test('so does its end by StopExecution, and hides why', async () => {
    const world = withSecret();
    const { executionArn } = await startWith(world, 'one');
    await world.clock.advance(4 * HOUR);
    await world.states.send(new StopExecutionCommand({ executionArn, error: 'ByHand', cause: 'EXAMPLE' }));
    await world.states.send(new StopExecutionCommand({ executionArn }));
    const hidden = 'HIDDEN_DUE_TO_SECURITY_REASONS';
    const stops = (await world.look()).filter(({ EventName }) => EventName === 'StopExecution').map(details);
    const responseElements = { stopDate: 'Mar 2, 2026 12:00:00 PM' };
    expect(stops).toMatchObject([
      { requestParameters: { executionArn }, responseElements },
      { requestParameters: { executionArn, error: hidden, cause: hidden }, responseElements },
    ]);
  });

  test('a start or stop that fails has neither parameters nor an answer', async () => {
    let mayAct = true;
    const world = withSecret({ authorize: () => mayAct });
    const stateMachineArn = `${STATES}:stateMachine:none`;
    await outcome(world.states.send(new StartExecutionCommand({ stateMachineArn, name: 'one' })));
    mayAct = false;
    await outcome(world.states.send(new StartExecutionCommand({ stateMachineArn, name: 'one' })));
    await outcome(
      world.states.send(new StopExecutionCommand({ executionArn: `${STATES}:execution:none:one` })),
    );
    mayAct = true;
    const failed = (await world.look()).map(details);
    const without = { requestParameters: null, responseElements: null };
    expect(failed).toMatchObject([
      { eventName: 'StopExecution', errorCode: 'AccessDenied', ...without },
      { eventName: 'StartExecution', errorCode: 'AccessDenied', ...without },
      { eventName: 'StartExecution', errorCode: 'StateMachineDoesNotExist', ...without },
    ]);
  });

  test('who has read a secret, written it, or moved its labels is seen, and no value', async () => {
    const { aws, secrets, look, arn } = withSecret();
    const versionId = 'b'.repeat(32);
    const first = aws.secretsManager.holderOf('alice-key', 'AWSCURRENT') ?? '';
    await secrets.send(new GetSecretValueCommand({ SecretId: 'alice-key' }));
    await secrets.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: 'AWSCURRENT' }));
    await secrets.send(
      new PutSecretValueCommand({
        SecretId: arn,
        SecretString: 'another value EXAMPLE',
        ClientRequestToken: versionId,
        VersionStages: ['mine'],
      }),
    );
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: versionId,
        RemoveFromVersionId: first,
      }),
    );
    await outcome(secrets.send(new GetSecretValueCommand({ SecretId: 'none' })));
    const events = await look();
    expect(events.map(({ EventName, ReadOnly, EventSource }) => [EventName, ReadOnly, EventSource])).toEqual(
      [
        ['GetSecretValue', 'true'],
        ['UpdateSecretVersionStage', 'false'],
        ['PutSecretValue', 'false'],
        ['GetSecretValue', 'true'],
        ['GetSecretValue', 'true'],
      ].map((row) => [...row, 'secretsmanager.amazonaws.com']),
    );
    expect(
      events
        .map(details)
        .map(({ requestParameters, responseElements, errorCode, readOnly }) => [
          requestParameters,
          responseElements,
          errorCode,
          readOnly,
        ]),
    ).toEqual([
      [{ secretId: 'none' }, null, 'ResourceNotFoundException', true],
      [
        {
          secretId: arn,
          versionStage: 'AWSCURRENT',
          moveToVersionId: versionId,
          removeFromVersionId: first,
        },
        null,
        undefined,
        false,
      ],
      [{ secretId: arn, clientRequestToken: versionId, versionStages: ['mine'] }, null, undefined, false],
      [{ secretId: arn, versionStage: 'AWSCURRENT' }, null, undefined, true],
      [{ secretId: 'alice-key' }, null, undefined, true],
    ]);
    expect(JSON.stringify(events)).not.toContain('EXAMPLE');
  });

  test.each<['EventName' | 'ReadOnly' | 'EventSource' | 'Username' | 'ResourceName', string, number]>([
    ['EventName', 'GetSecretValue', 2],
    ['EventName', 'StartExecution', 1],
    ['ReadOnly', 'true', 2],
    ['ReadOnly', 'false', 2],
    ['EventSource', 'secretsmanager.amazonaws.com', 2],
    ['EventSource', 'states.amazonaws.com', 1],
    ['EventSource', 'iam.amazonaws.com', 1],
    ['Username', 'embedded', 3],
    // AWS does not say that these events name the secret as a resource.
    ['ResourceName', 'alice-key', 0],
  ])('are found by %s %s', async (AttributeKey, AttributeValue, count) => {
    const world = withSecret();
    world.aws.iam.addAccessKey('alice');
    await startWith(world, 'one');
    for (let read = 0; read < 2; read += 1) {
      await world.secrets.send(new GetSecretValueCommand({ SecretId: 'alice-key' }));
    }
    expect(await world.look({ LookupAttributes: [{ AttributeKey, AttributeValue }] })).toHaveLength(count);
  });

  test('how often a secret is read does not decide which keys are created', async () => {
    const keyAfter = async (reads: number) => {
      const { aws, secrets } = withSecret();
      for (let read = 0; read < reads; read += 1) {
        await secrets.send(new GetSecretValueCommand({ SecretId: 'alice-key' }));
      }
      return aws.iam.addAccessKey('alice').accessKeyId;
    };
    expect(await keyAfter(3)).toBe(await keyAfter(0));
  });

  test('an execution that was started otherwise was started by a person, or by a service in a role', async () => {
    const { aws, clock, look } = withSecret();
    const startDate = clock.now();
    const start = (name: string) => ({ arn: `${STATES}:execution:rotation:${name}`, startDate });
    aws.tellOfStart(start('by-person'));
    aws.tellOfStart(start('by-schedule'), { roleArn: ROLE, service: 'scheduler.amazonaws.com' });
    const events = (await look()).map(details);
    expect(events).toMatchObject([
      {
        eventName: 'StartExecution',
        userIdentity: {
          type: 'AssumedRole',
          arn: `arn:aws:sts::${ACCOUNT}:assumed-role/rotation-create/scheduler`,
          sessionContext: { sessionIssuer: { arn: ROLE } },
          invokedBy: 'scheduler.amazonaws.com',
        },
        responseElements: { executionArn: `${STATES}:execution:rotation:by-schedule` },
      },
      {
        userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/operator` },
        requestParameters: {
          stateMachineArn: `${STATES}:stateMachine:rotation`,
          name: 'by-person',
          input: 'HIDDEN_DUE_TO_SECURITY_REASONS',
        },
        responseElements: { executionArn: `${STATES}:execution:rotation:by-person` },
      },
    ]);
    expect(events[1]?.userIdentity).not.toHaveProperty('invokedBy');
  });
});

test('each Region shows its own events, and us-east-1 those of IAM', async () => {
  const world = withAlice({ region: 'eu-west-1', behaviour: { cloudTrailDelay: 0 } });
  const { aws, secrets, requestHandler } = world;
  aws.iam.addAccessKey('alice');
  aws.secretsManager.createSecret('alice-key', { secretString: 'x' });
  await secrets.send(new GetSecretValueCommand({ SecretId: 'alice-key' }));
  const seenIn = async (region: string) => {
    const trail = new CloudTrailClient({ region, requestHandler, credentials: aws.roleCredentials(ROLE) });
    const { Events = [] } = await trail.send(new LookupEventsCommand({}));
    return Events.map((event) => [event.EventName, details(event).awsRegion]);
  };
  expect(await seenIn('eu-west-1')).toEqual([['GetSecretValue', 'eu-west-1']]);
  expect(await seenIn('us-east-1')).toEqual([['CreateAccessKey', 'us-east-1']]);
});

test('an operation may be named with the namespace before it, as the AWS CLI does', async () => {
  const { trail } = setUp();
  trail.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { readonly headers: Record<string, string> };
      headers['x-amz-target'] = `com.amazonaws.cloudtrail.v20131101.${headers['x-amz-target']}`;
      return next(args);
    },
    { step: 'build', priority: 'low' },
  );
  await expect(trail.send(new LookupEventsCommand({}))).resolves.toMatchObject({ Events: [] });
});
