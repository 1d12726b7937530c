import { matchesPattern, transformed } from '../../../embedded-aws/services/event-pattern';
import { setUp } from '../fixture';

type Json = Readonly<Record<string, unknown>>;

test.each<[string, Json, Json, boolean]>([
  ['nothing is asked', {}, { a: 'x' }, true],
  ['the value is one of them', { a: ['y', 'x'] }, { a: 'x' }, true],
  ['the value is none of them', { a: ['y'] }, { a: 'x' }, false],
  ['none is allowed', { a: [] }, { a: 'x' }, false],
  ['the field is not there', { a: ['x'] }, {}, false],
  ['a number is no text', { a: ['1'] }, { a: 1 }, false],
  ['null is asked', { a: [null] }, { a: null }, true],
  ['null is asked, and the field is not there', { a: [null] }, {}, false],
  ['one of two fields does not match', { a: ['x'], b: ['x'] }, { a: 'x', b: 'y' }, false],
  ['a field within a field', { a: { b: ['x'] } }, { a: { b: 'x' } }, true],
  ['a field within what is none', { a: { b: ['x'] } }, { a: 'x' }, false],
  ['one of an array’s values', { a: ['x'] }, { a: ['y', 'x'] }, true],
  ['it exists', { a: [{ exists: true }] }, { a: 'x' }, true],
  ['it has to exist, and does not', { a: [{ exists: true }] }, {}, false],
  ['it must not exist, and does not', { a: [{ exists: false }] }, {}, true],
  ['it must not exist, and is null', { a: [{ exists: false }] }, { a: null }, false],
  ['it begins so', { a: [{ prefix: 'x' }] }, { a: 'xy' }, true],
  ['it begins otherwise', { a: [{ prefix: 'y' }] }, { a: 'xy' }, false],
  ['anything but another', { a: [{ 'anything-but': 'y' }] }, { a: 'x' }, true],
  ['anything but these', { a: [{ 'anything-but': ['y', 'x'] }] }, { a: 'x' }, false],
  ['anything but these, and the field is not there', { a: [{ 'anything-but': ['y'] }] }, {}, false],
  ['anything that begins otherwise', { a: [{ 'anything-but': { prefix: 'y' } }] }, { a: 'xy' }, true],
  [
    'anything that begins otherwise, and it begins so',
    { a: [{ 'anything-but': { prefix: 'x' } }] },
    { a: 'xy' },
    false,
  ],
  ['one of both', { $or: [{ a: ['y'] }, { b: ['x'] }] }, { a: 'x', b: 'x' }, true],
  ['none of both', { $or: [{ a: ['y'] }, { b: ['y'] }] }, { a: 'x', b: 'x' }, false],
  [
    'one of both, and what stands beside it does not match',
    { c: ['x'], $or: [{ a: ['x'] }] },
    { a: 'x' },
    false,
  ],
])('an event pattern, %s', (_what, pattern, event, expected) => {
  expect(matchesPattern(pattern, event)).toBe(expected);
});

test.each<[string, Json]>([
  ['another operator', { a: [{ numeric: ['>', 1] }] }],
  ['two operators', { a: [{ exists: true, prefix: 'x' }] }],
  ['anything-but with another operator', { a: [{ 'anything-but': { suffix: 'x' } }] }],
  ['a value that is in no list', { a: 'x' }],
])('an event pattern with %s is not modelled', (_what, pattern) => {
  expect(() => matchesPattern(pattern, { a: 'x' })).toThrow(/does not model/);
});

test('a text is made of lines, with the event’s values as JSON has them', () => {
  const InputPathsMap = { name: '$.detail.name', 'a-b': '$.account', none: '$.detail.nothing.at.all' };
  const event = { account: '1', detail: { name: 'x"y\nz' } };
  expect(transformed({ InputPathsMap, InputTemplate: '"<name> of <a-b>"\n"and <none>."' }, event)).toBe(
    '"x\\"y\\nz of 1"\n"and ."',
  );
  expect(() => transformed({ InputPathsMap, InputTemplate: 'no quotes' }, event)).toThrow(/does not model/);
});

describe('an object is made', () => {
  const InputPathsMap = {
    text: '$.detail.text',
    null: '$.detail.null',
    none: '$.detail.none',
    list: '$.list',
  };
  const event = { list: ['a'], detail: { text: 'x"y\n\\z', null: null } };

  test.each<[string, string, unknown]>([
    ['a text alone', '{"a":<text>}', { a: 'x"y\n\\z' }],
    ['a text within a text', '{"a":"of <text>"}', { a: 'of x"y\n\\z' }],
    ['after a quote within a text', '{"a":"\\"<text>\\""}', { a: '"x"y\n\\z"' }],
    ['nothing alone', '{"a":<null>}', { a: null }],
    ['a list', '{"a":<list>}', { a: ['a'] }],
    ['what is not there within a text', '{"a":"of <none>"}', { a: 'of ' }],
  ])('with %s', (_what, InputTemplate, made) => {
    expect(JSON.parse(transformed({ InputPathsMap, InputTemplate }, event))).toEqual(made);
  });

  test('but not with what is not there', () => {
    expect(() => transformed({ InputPathsMap, InputTemplate: '{"a":<none>}' }, event)).toThrow(
      /does not model/,
    );
  });
});

describe('the bus', () => {
  const pattern = { source: ['aws.states'], detail: { status: ['ABORTED'] } };
  const ARN = 'arn:aws:states:us-east-1:111122223333:execution:machine:one';

  test('hands the end of an execution to the rules that it matches, and keeps it from what was put', () => {
    const { aws, clock } = setUp();
    const got: unknown[] = [];
    aws.eventBridge.addRule({ pattern, target: (event) => got.push(event.detail) });
    aws.eventBridge.addRule({ pattern: { source: ['ours'] }, target: () => got.push('not for me') });
    aws.states.addExecution({ arn: ARN, status: 'RUNNING', startDate: clock.now(), input: { a: 1 } });
    expect(got).toEqual([]);
    aws.states.setStatus(ARN, 'ABORTED', { stopDate: clock.now(), error: 'ByHand', cause: 'enough' });
    expect(got).toEqual([
      {
        executionArn: ARN,
        stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:machine',
        name: 'one',
        status: 'ABORTED',
        startDate: clock.now().getTime(),
        stopDate: clock.now().getTime(),
        input: '{"a":1}',
        inputDetails: { included: true },
        output: null,
        outputDetails: null,
        error: 'ByHand',
        cause: 'enough',
      },
    ]);
    expect(aws.eventBridge.events).toEqual([]);
  });
});

describe('an alarm on what services count', () => {
  const metric = { namespace: 'N', name: 'M', dimensions: { Machine: 'a' } };
  const watched = (threshold = 0) => {
    const { aws, clock } = setUp();
    let rang = 0;
    aws.cloudWatch.watch({
      ...{ name: 'alarm', metric, periodSeconds: 300, threshold },
      onAlarm: () => {
        rang += 1;
      },
    });
    const state = () => aws.cloudWatch.snapshot().find(({ name }) => name === 'alarm')?.state;
    return { aws, clock, state, rang: () => rang };
  };

  test('is OK without data, and when something else is counted', () => {
    const { aws, state } = watched();
    for (const other of [
      { namespace: 'O' },
      { name: 'O' },
      { dimensions: { Machine: 'b' } },
      { dimensions: {} },
    ]) {
      aws.cloudWatch.count({ ...metric, ...other });
    }
    expect(state()).toBe('OK');
  });

  test('goes off once for all that comes together, recovers by itself, and goes off again', async () => {
    const { aws, clock, state, rang } = watched();
    aws.cloudWatch.count(metric);
    aws.cloudWatch.count(metric);
    expect([state(), rang()]).toEqual(['ALARM', 1]);
    await clock.advance(11 * 60_000);
    expect([state(), rang()]).toEqual(['OK', 1]);
    aws.cloudWatch.count(metric);
    expect([state(), rang()]).toEqual(['ALARM', 2]);
  });

  test('stays on for as long as more comes', async () => {
    const { aws, clock, state, rang } = watched();
    for (let count = 0; count < 4; count += 1) {
      aws.cloudWatch.count(metric);
      await clock.advance(5 * 60_000);
    }
    expect([state(), rang()]).toEqual(['ALARM', 1]);
  });

  test('goes off above the threshold within a period, and not over several', async () => {
    const { aws, clock, state } = watched(1);
    aws.cloudWatch.count(metric);
    await clock.advance(5 * 60_000);
    aws.cloudWatch.count(metric);
    expect(state()).toBe('OK');
    aws.cloudWatch.count(metric);
    expect(state()).toBe('ALARM');
  });
});

test('what a service says to a topic is heard there, and to another topic nowhere', () => {
  const { aws, clock } = setUp();
  const arn = aws.sns.addTopic('here');
  aws.sns.deliver(arn, 'one');
  aws.sns.deliver(`${arn}-2`, 'nobody hears this');
  aws.sns.deliver(arn, 'two', 'a subject');
  const common = { topicArn: arn, messageId: expect.any(String), attributes: {}, at: clock.now() };
  expect(aws.sns.messages).toEqual([
    { ...common, subject: undefined, message: 'one' },
    { ...common, subject: 'a subject', message: 'two' },
  ]);
});
