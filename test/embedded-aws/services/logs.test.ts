import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  type DescribeLogStreamsCommandInput,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import type { AuthorizationRequest } from '../../../embedded-aws/embedded-aws';
import { DAY, HOUR, MINUTE } from '../../support/time';
import { ACCOUNT, outcome, setUp } from '../fixture';

const GROUP = '/rotation/audit';
const ARN = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}`;

/** A group with streams of two users, where events show at once and a page covers any time. */
const withGroup = ({
  retentionInDays,
  behaviour,
  ...options
}: NonNullable<Parameters<typeof setUp>[0]> & { readonly retentionInDays?: number } = {}) => {
  const world = setUp({
    ...options,
    behaviour: { logsDelay: 0, logsPageSpan: Number.POSITIVE_INFINITY, ...behaviour },
  });
  const { aws, clock, logs } = world;
  aws.logs.addGroup(GROUP, { retentionInDays });
  const start = clock.now().getTime();
  const create = (logStreamName: string, logGroupName = GROUP) =>
    logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const put = (logStreamName: string, ...events: readonly (readonly [at: number, message: string])[]) =>
    logs.send(
      new PutLogEventsCommand({
        logGroupName: GROUP,
        logStreamName,
        logEvents: events.map(([at, message]) => ({ timestamp: start + at, message })),
      }),
    );
  const filter = (input: Partial<FilterLogEventsCommandInput> = {}) =>
    logs.send(new FilterLogEventsCommand({ logGroupName: GROUP, ...input }));
  const found = async (input: Partial<FilterLogEventsCommandInput> = {}) =>
    (await filter(input)).events?.map(({ message }) => message);
  /** The messages of each page. */
  const pages = async (input: Partial<FilterLogEventsCommandInput> = {}) => {
    const all: unknown[] = [];
    for await (const { events = [] } of paginateFilterLogEvents(
      { client: logs },
      { logGroupName: GROUP, ...input },
    )) {
      all.push(events.map(({ message }) => message));
    }
    return all;
  };
  return { ...world, start, create, put, filter, found, pages };
};

const named = async (call: Promise<unknown>) => {
  const { name, status, message } = await outcome(call);
  return [name, status, message];
};

const NO_GROUP = ['ResourceNotFoundException', 400, 'The specified log group does not exist.'];
const NO_STREAM = ['ResourceNotFoundException', 400, 'The specified log stream does not exist.'];

describe('groups', () => {
  test('are created, described by name, and deleted with all that is in them', async () => {
    const { logs, start, create, found } = withGroup({ retentionInDays: 400 });
    await create('alice');
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/rotation/a' }));
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/other' }));
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: '/other', retentionInDays: 30 }));
    const describe = async (input = {}) => (await logs.send(new DescribeLogGroupsCommand(input))).logGroups;
    expect(
      (await describe())?.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays]),
    ).toEqual([
      ['/other', 30],
      ['/rotation/a', undefined],
      [GROUP, 400],
    ]);
    expect(await describe({ logGroupNamePrefix: GROUP })).toEqual([
      {
        logGroupName: GROUP,
        retentionInDays: 400,
        creationTime: start,
        arn: `${ARN}:*`,
        logGroupArn: ARN,
      },
    ]);
    const like = (logGroupNamePattern: string) => describe({ logGroupNamePattern });
    expect((await like('ation/'))?.map(({ logGroupName }) => logGroupName)).toEqual(['/rotation/a', GROUP]);
    expect(await like('ROTATION')).toEqual([]);
    expect(await outcome(describe({ logGroupNamePrefix: 'a', logGroupNamePattern: 'a' }))).toMatchObject({
      name: 'InvalidParameterException',
    });
    await logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    expect(await named(found())).toEqual(NO_GROUP);
  });

  test('are listed page by page', async () => {
    const { aws, logs } = withGroup();
    aws.logs.addGroup('second');
    const first = await logs.send(new DescribeLogGroupsCommand({ limit: 1 }));
    const { logGroups, nextToken } = await logs.send(
      new DescribeLogGroupsCommand({ limit: 1, nextToken: first.nextToken }),
    );
    expect([first.logGroups?.[0]?.logGroupName, logGroups?.[0]?.logGroupName, nextToken]).toEqual([
      GROUP,
      'second',
      undefined,
    ]);
  });

  test.each<[string, (world: ReturnType<typeof withGroup>) => Promise<unknown>, string]>([
    [
      'a name that is taken',
      ({ logs }) => logs.send(new CreateLogGroupCommand({ logGroupName: GROUP })),
      'ResourceAlreadyExistsException',
    ],
    [
      'a name with a blank',
      ({ logs }) => logs.send(new CreateLogGroupCommand({ logGroupName: 'a b' })),
      'InvalidParameterException',
    ],
    [
      'a retention that there is not',
      ({ logs }) => logs.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 401 })),
      'InvalidParameterException',
    ],
    [
      'to delete what is not there',
      ({ logs }) => logs.send(new DeleteLogGroupCommand({ logGroupName: 'none' })),
      'ResourceNotFoundException',
    ],
  ])('%s is refused', async (_what, call, expected) => {
    expect((await outcome(call(withGroup()))).name).toBe(expected);
  });
});

describe('streams', () => {
  test('are of a group, each name once', async () => {
    const { create } = withGroup();
    await create('alice');
    expect(await named(create('alice'))).toEqual([
      'ResourceAlreadyExistsException',
      400,
      'The specified log stream already exists',
    ]);
    expect(await named(create('alice', 'none'))).toEqual(NO_GROUP);
  });

  test.each(['a:b', 'a*'])('the name %s is refused', async (name) => {
    expect((await outcome(withGroup().create(name))).name).toBe('InvalidParameterException');
  });

  test('are described by name or by their last event', async () => {
    const { create, put, logs, start } = withGroup();
    for (const name of ['b', 'a', 'other']) await create(name);
    await put('a', [0, 'x'], [MINUTE, 'y']);
    await put('b', [2 * MINUTE, 'z']);
    const describe = async (input: Partial<DescribeLogStreamsCommandInput> = {}) =>
      (await logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP, ...input }))).logStreams;
    const names = async (input: Partial<DescribeLogStreamsCommandInput>) =>
      (await describe(input))?.map(({ logStreamName }) => logStreamName);
    expect(await names({})).toEqual(['a', 'b', 'other']);
    expect(await names({ descending: true })).toEqual(['other', 'b', 'a']);
    expect(await names({ orderBy: 'LastEventTime' })).toEqual(['other', 'a', 'b']);
    expect(await names({ logStreamNamePrefix: 'o' })).toEqual(['other']);
    expect(await names({ logGroupName: undefined, logGroupIdentifier: ARN, limit: 1 })).toEqual(['a']);
    expect(await describe({ logStreamNamePrefix: 'a' })).toEqual([
      {
        logStreamName: 'a',
        creationTime: start,
        arn: `${ARN}:log-stream:a`,
        storedBytes: 0,
        firstEventTimestamp: start,
        lastEventTimestamp: start + MINUTE,
        lastIngestionTime: start,
      },
    ]);
    expect((await outcome(describe({ orderBy: 'LastEventTime', logStreamNamePrefix: 'a' }))).name).toBe(
      'InvalidParameterException',
    );
  });
});

describe('PutLogEvents', () => {
  test('needs the stream', async () => {
    const { put, create } = withGroup();
    expect(await named(put('alice', [0, 'x']))).toEqual(NO_STREAM);
    await create('alice');
    expect(await put('alice', [0, 'x'])).not.toHaveProperty('rejectedLogEventsInfo');
  });

  test('keeps what is sent twice twice, whatever the sequence token', async () => {
    const { create, logs, found, start } = withGroup();
    await create('alice');
    const command = () =>
      new PutLogEventsCommand({
        logGroupName: GROUP,
        logStreamName: 'alice',
        sequenceToken: 'any',
        logEvents: [{ timestamp: start, message: 'x' }],
      });
    await logs.send(command());
    await logs.send(command());
    expect(await found()).toEqual(['x', 'x']);
  });

  const limits: [string, (readonly [number, string])[], string][] = [
    ['no event', [], 'InvalidParameterException'],
    ['an empty message', [[0, '']], 'InvalidParameterException'],
    ['10,000 events', Array.from({ length: 10_000 }, () => [0, 'x'] as const), 'ok'],
    ['10,001 events', Array.from({ length: 10_001 }, () => [0, 'x'] as const), 'InvalidParameterException'],
    ['1,048,576 bytes, each event 26 more', [[0, 'x'.repeat(1_048_576 - 26)]], 'ok'],
    ['a byte more', [[0, 'x'.repeat(1_048_576 - 25)]], 'InvalidParameterException'],
    ['as many characters of two bytes', [[0, 'ü'.repeat(600_000)]], 'InvalidParameterException'],
    [
      'the same time',
      [
        [0, 'x'],
        [0, 'y'],
      ],
      'ok',
    ],
    [
      'an earlier event after a later one',
      [
        [1, 'x'],
        [0, 'y'],
      ],
      'InvalidParameterException',
    ],
    [
      '24 hours',
      [
        [-DAY, 'x'],
        [0, 'y'],
      ],
      'ok',
    ],
    [
      'more than 24 hours',
      [
        [-DAY - 1, 'x'],
        [0, 'y'],
      ],
      'InvalidParameterException',
    ],
    [
      'more than 24 hours, without what is too old',
      [
        [-15 * DAY, 'x'],
        [0, 'y'],
      ],
      'ok',
    ],
  ];
  test.each(limits)('%s: %#', async (_what, events, expected) => {
    const { create, put } = withGroup();
    await create('alice');
    expect((await outcome(put('alice', ...events))).name).toBe(expected);
  });

  test('nothing of a batch that fails is kept', async () => {
    const { create, put, found } = withGroup();
    await create('alice');
    await outcome(put('alice', [1, 'x'], [0, 'y']));
    expect(await found()).toEqual([]);
  });

  test.each<[string, number | undefined, number[], object | undefined, number[]]>([
    ['14 days ago', undefined, [-14 * DAY], undefined, [-14 * DAY]],
    [
      'more than 14 days ago',
      undefined,
      [-14 * DAY - 1, -14 * DAY],
      { tooOldLogEventEndIndex: 1 },
      [-14 * DAY],
    ],
    ['in two hours', undefined, [2 * HOUR], undefined, [2 * HOUR]],
    ['in more than two hours', undefined, [0, 2 * HOUR + 1], { tooNewLogEventStartIndex: 1 }, [0]],
    ['all of them', undefined, [3 * HOUR, 4 * HOUR], { tooNewLogEventStartIndex: 0 }, []],
    ['within the retention', 7, [-7 * DAY], undefined, [-7 * DAY]],
    ['expired', 7, [-7 * DAY - 1, -7 * DAY], { expiredLogEventEndIndex: 1 }, [-7 * DAY]],
    [
      'expired, and too old as well',
      7,
      [-15 * DAY, -8 * DAY, 0],
      { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 },
      [0],
    ],
  ])('%s', async (_what, retentionInDays, times, rejected, kept) => {
    const { create, put, filter, start } = withGroup({
      ...(retentionInDays !== undefined && { retentionInDays }),
    });
    await create('alice');
    const { rejectedLogEventsInfo } = await put('alice', ...times.map((at) => [at, 'x'] as const));
    expect(rejectedLogEventsInfo).toEqual(rejected);
    const { events = [] } = await filter();
    expect(events.map(({ timestamp = 0 }) => timestamp - start)).toEqual(kept);
  });
});

describe('FilterLogEvents', () => {
  const withEvents = async (options: Parameters<typeof withGroup>[0] = {}) => {
    const world = withGroup(options);
    await world.create('alice');
    await world.create('bob');
    await world.put('alice', [0, '{"user":"alice","n":1}'], [2, '{"user":"alice","n":3}']);
    await world.put('bob', [1, '{"user":"bob","n":2}'], [2, '{"user":"bob","n":4}']);
    return world;
  };
  const numbers = async (
    world: Awaited<ReturnType<typeof withEvents>>,
    input: Partial<FilterLogEventsCommandInput>,
  ) => (await world.found(input))?.map((message) => (JSON.parse(message ?? '') as { n: number }).n);

  test('shows events of all streams, in the order of their times, and then as they came in', async () => {
    const { filter, start } = await withEvents();
    const { events = [], searchedLogStreams, nextToken } = await filter();
    expect(
      events.map(({ logStreamName, timestamp = 0, ingestionTime }) => [
        logStreamName,
        timestamp - start,
        ingestionTime,
      ]),
    ).toEqual([
      ['alice', 0, start],
      ['bob', 1, start],
      ['alice', 2, start],
      ['bob', 2, start],
    ]);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(4);
    expect([searchedLogStreams, nextToken]).toEqual([[], undefined]);
  });

  test.each<[string, (start: number) => Partial<FilterLogEventsCommandInput>, number[]]>([
    ['a stream', () => ({ logStreamNames: ['bob'] }), [2, 4]],
    ['two streams', () => ({ logStreamNames: ['bob', 'alice'] }), [1, 2, 3, 4]],
    ['a prefix', () => ({ logStreamNamePrefix: 'al' }), [1, 3]],
    ['a prefix of none', () => ({ logStreamNamePrefix: 'c' }), []],
    ['a start', (start) => ({ startTime: start + 1 }), [2, 3, 4]],
    ['an end', (start) => ({ endTime: start + 1 }), [1, 2]],
    ['a pattern', () => ({ filterPattern: '{ $.user = "alice" && $.n > 1 }' }), [3]],
    ['a limit', () => ({ limit: 2 }), [1, 2]],
    ['the group’s ARN', () => ({ logGroupName: undefined, logGroupIdentifier: ARN }), [1, 2, 3, 4]],
    ['interleaved, which is ignored', () => ({ interleaved: false }), [1, 2, 3, 4]],
  ])('by %s', async (_what, input, expected) => {
    const world = await withEvents();
    expect(await numbers(world, input(world.start))).toEqual(expected);
  });

  test('page by page, and what comes in meanwhile is not missed', async () => {
    const world = await withEvents();
    const first = await world.filter({ limit: 3 });
    await world.put('alice', [1, 'late, and before'], [5, 'late, and behind']);
    const second = await world.filter({ limit: 3, nextToken: first.nextToken });
    expect(second.events?.map(({ message }) => message)).toEqual([
      '{"user":"bob","n":4}',
      'late, and behind',
    ]);
    expect(second.nextToken).toBeUndefined();
  });

  test('a page has 1 MB at most', async () => {
    const { create, put, pages } = withGroup();
    await create('alice');
    const big = (letter: string) => letter.repeat(600_000);
    for (const letter of ['a', 'b', 'c']) await put('alice', [0, big(letter)]);
    expect(await pages()).toEqual([[big('a')], [big('b')], [big('c')]]);
  });

  test('a page may be empty, and others follow', async () => {
    const { clock, create, put, pages, start } = withGroup({ behaviour: { logsPageSpan: 10 * DAY } });
    await create('alice');
    await put('alice', [0, 'first']);
    await clock.advance(25 * DAY);
    await put('alice', [25 * DAY, 'second']);
    expect(await pages()).toEqual([[], ['first'], [], ['second']]);
    // "Set startTime explicitly to reduce the chances of empty pages in the response."
    expect(await pages({ startTime: start + 20 * DAY })).toEqual([['second']]);
    expect(await pages({ filterPattern: 'nothing' })).toEqual([[], [], [], []]);
    expect(await pages({ endTime: start + DAY })).toEqual([[], ['first']]);
  });

  test('an event on the border of two pages is on one of them', async () => {
    const { create, put, pages, start } = withGroup({ behaviour: { logsPageSpan: MINUTE } });
    await create('alice');
    await put('alice', [0, 'a'], [MINUTE, 'b'], [2 * MINUTE, 'c']);
    expect(await pages({ startTime: start, endTime: start + 2 * MINUTE })).toEqual([['a'], ['b'], ['c']]);
  });

  test('an event shows after the delay', async () => {
    const { clock, create, put, found } = withGroup({ behaviour: { logsDelay: MINUTE } });
    await create('alice');
    await put('alice', [0, 'x']);
    await clock.advance(MINUTE - 1);
    expect(await found()).toEqual([]);
    await clock.advance(1);
    expect(await found()).toEqual(['x']);
  });

  test('events expire, and their stream stays', async () => {
    const { clock, create, put, found, logs } = withGroup({ retentionInDays: 7 });
    await create('alice');
    await put('alice', [0, 'x']);
    await clock.advance(7 * DAY);
    expect(await found()).toEqual(['x']);
    await clock.advance(1);
    expect(await found()).toEqual([]);
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
    expect(logStreams).toMatchObject([{ logStreamName: 'alice' }]);
    expect(logStreams?.[0]).not.toHaveProperty('lastEventTimestamp');
  });

  test('a token expires after a day', async () => {
    const world = await withEvents();
    const { nextToken } = await world.filter({ limit: 1 });
    await world.clock.advance(DAY);
    expect((await outcome(world.filter({ nextToken }))).name).toBe('ok');
    await world.clock.advance(1);
    expect((await outcome(world.filter({ nextToken }))).name).toBe('InvalidParameterException');
  });

  test.each<[string, Partial<FilterLogEventsCommandInput>, string]>([
    ['a stream that is not there', { logStreamNames: ['alice', 'carol'] }, 'ResourceNotFoundException'],
    ['a group that is not there', { logGroupName: 'none' }, 'ResourceNotFoundException'],
    [
      'a group of another account',
      { logGroupName: undefined, logGroupIdentifier: ARN.replace(ACCOUNT, '444455556666') },
      'ResourceNotFoundException',
    ],
    [
      'an ARN as policies have it',
      { logGroupName: undefined, logGroupIdentifier: `${ARN}:*` },
      'InvalidParameterException',
    ],
    ['no group', { logGroupName: undefined }, 'InvalidParameterException'],
    ['both names of a group', { logGroupIdentifier: ARN }, 'InvalidParameterException'],
    [
      'names and a prefix',
      { logStreamNames: ['alice'], logStreamNamePrefix: 'a' },
      'InvalidParameterException',
    ],
    ['a limit above 10,000', { limit: 10_001 }, 'InvalidParameterException'],
    ['a pattern that is none', { filterPattern: '{ $.a' }, 'InvalidParameterException'],
    ['a made-up token', { nextToken: 'nonsense' }, 'InvalidParameterException'],
    ['the newest first', { startFromHead: false }, 'NotModelled'],
    ['a regular expression', { filterPattern: '%x%' }, 'NotModelled'],
  ])('refuses %s', async (_what, input, expected) => {
    const { filter } = await withEvents();
    expect((await outcome(filter(input))).name).toBe(expected);
  });
});

describe('GetLogEvents', () => {
  const withStream = async () => {
    const world = withGroup();
    await world.create('alice');
    await world.create('empty');
    await world.put('alice', [0, 'a'], [1, 'b'], [2, 'c'], [3, 'd']);
    const get = async (input: Partial<GetLogEventsCommandInput> = {}) => {
      const answer = await world.logs.send(
        new GetLogEventsCommand({ logGroupName: GROUP, logStreamName: 'alice', ...input }),
      );
      return { ...answer, messages: answer.events?.map(({ message }) => message) };
    };
    return { ...world, get };
  };

  test('shows a stream, the end of the range excluded', async () => {
    const { get, start } = await withStream();
    expect((await get()).messages).toEqual(['a', 'b', 'c', 'd']);
    expect((await get({ startTime: start + 1, endTime: start + 3 })).messages).toEqual(['b', 'c']);
    expect((await get({ logStreamName: 'empty' })).messages).toEqual([]);
  });

  test('begins at the end, unless asked otherwise, and goes both ways', async () => {
    const { get } = await withStream();
    const last = await get({ limit: 2 });
    expect(last.messages).toEqual(['c', 'd']);
    const before = await get({ limit: 2, nextToken: last.nextBackwardToken });
    expect(before.messages).toEqual(['a', 'b']);
    const first = await get({ limit: 3, startFromHead: true });
    expect(first.messages).toEqual(['a', 'b', 'c']);
    expect((await get({ nextToken: first.nextForwardToken })).messages).toEqual(['d']);
  });

  test('at an end, the token is the one that was passed in, until more comes', async () => {
    const { get, put } = await withStream();
    const { nextForwardToken, nextBackwardToken } = await get();
    const end = await get({ nextToken: nextForwardToken });
    expect([end.messages, end.nextForwardToken]).toEqual([[], nextForwardToken]);
    const beginning = await get({ nextToken: nextBackwardToken });
    expect([beginning.messages, beginning.nextBackwardToken]).toEqual([[], nextBackwardToken]);
    await put('alice', [4, 'e']);
    expect((await get({ nextToken: nextForwardToken })).messages).toEqual(['e']);
  });

  test('a stream that was empty is read from there on', async () => {
    const { get, put } = await withStream();
    const { nextForwardToken } = await get({ logStreamName: 'empty' });
    await put('empty', [0, 'x']);
    expect((await get({ logStreamName: 'empty', nextToken: nextForwardToken })).messages).toEqual(['x']);
  });

  test.each<[string, Partial<GetLogEventsCommandInput>, string]>([
    ['a stream that is not there', { logStreamName: 'carol' }, 'ResourceNotFoundException'],
    ['a made-up token', { nextToken: 'nonsense' }, 'InvalidParameterException'],
    ['a made-up place', { nextToken: 'f/nonsense' }, 'InvalidParameterException'],
  ])('refuses %s', async (_what, input, expected) => {
    const { get } = await withStream();
    expect((await outcome(get(input))).name).toBe(expected);
  });
});

test('each call is authorized on its stream, or on the streams of its group', async () => {
  const asked: unknown[] = [];
  const authorize = ({ action, resource }: AuthorizationRequest) => asked.push([action, resource]) > 0;
  const { create, put, filter, logs } = withGroup({ authorize });
  await create('alice');
  await put('alice', [0, 'x']);
  await filter();
  await filter({ logGroupName: undefined, logGroupIdentifier: ARN });
  await logs.send(new GetLogEventsCommand({ logGroupName: GROUP, logStreamName: 'alice' }));
  await logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
  await logs.send(new DescribeLogGroupsCommand({}));
  await logs.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 1 }));
  expect(asked).toEqual([
    ['logs:CreateLogStream', `${ARN}:log-stream:alice`],
    ['logs:PutLogEvents', `${ARN}:log-stream:alice`],
    ['logs:FilterLogEvents', `${ARN}:log-stream:`],
    ['logs:FilterLogEvents', `${ARN}:log-stream:`],
    ['logs:GetLogEvents', `${ARN}:log-stream:alice`],
    ['logs:DescribeLogStreams', `${ARN}:log-stream:`],
    ['logs:DescribeLogGroups', '*'],
    ['logs:PutRetentionPolicy', `${ARN}:log-stream:`],
  ]);
});

test('a call that is denied is refused, and changes nothing', async () => {
  const { aws, create } = withGroup({ authorize: () => false });
  expect((await outcome(create('alice'))).name).toBe('AccessDeniedException');
  expect(aws.logs.messages(GROUP)).toEqual({});
});

test('calls have no number: a record must not shift those of a rotation', async () => {
  const { aws, create, put } = withGroup();
  await create('alice');
  await put('alice', [0, 'x']);
  expect([aws.arrivals, aws.logs.messages(GROUP)]).toEqual([0, { alice: ['x'] }]);
});

test('in another Region, the ARNs are those of that Region', async () => {
  const { logs } = withGroup({ region: 'eu-west-1' });
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({}));
  expect(logGroups?.[0]?.logGroupArn).toBe(ARN.replace('us-east-1', 'eu-west-1'));
});
