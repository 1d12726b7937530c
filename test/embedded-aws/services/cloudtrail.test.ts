import {
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

test('IAM’s events are in us-east-1 only', async () => {
  const { aws, clock, namesOf } = withAlice({ region: 'eu-west-1' });
  aws.iam.addAccessKey('alice');
  await clock.advance(HOUR);
  expect(await namesOf()).toEqual([]);
});
