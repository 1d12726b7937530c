import type { SeenCall } from '../../command/gateways/calls';
import type { KnownExecution, KnownRecord } from '../../command/known-rotation';
import { pictureOfRotation, type RotationFacts } from '../../command/picture';
import { DAY, HOUR, MINUTE } from '../support/time';

/*
 * What a picture shows of facts, and what it does not: without AWS.
 */

const START = Date.UTC(2026, 2, 2, 9);
const at = (ms: number): Date => new Date(START + ms);
const moment = (ms: number) => ({ at: at(ms).toISOString(), by: 'step' as const });

const OLD = 'AKIAOLDOLDOLDOLDOLD1';
const NEW = 'AKIANEWNEWNEWNEWNEW2';

const RECORD = {
  execution: {
    arn: 'arn:aws:states:us-east-1:111122223333:execution:R:alice-1',
    name: 'alice-1',
    status: 'SUCCEEDED',
    startedAt: at(0).toISOString(),
    endedAt: at(3 * DAY).toISOString(),
    redriveCount: 0,
  },
  recordedAt: at(3 * DAY).toISOString(),
  result: 'rotated',
  action: 'rotate',
  startedBy: { identity: null, declaration: null },
  error: null,
  rollback: null,
  emergency: null,
  rotation: { id: 'r', startedAt: at(1000).toISOString(), begunHere: true, leakedAccessKeyIds: [] },
  keysFound: [{ accessKeyId: OLD, status: 'Active', created: at(-90 * DAY).toISOString() }],
  oldKey: {
    accessKeyId: OLD,
    created: null,
    deactivated: moment(DAY),
    reactivated: null,
    deleted: moment(3 * DAY),
  },
  newKey: {
    accessKeyId: NEW,
    source: 'created',
    created: moment(5000),
    stored: null,
    tested: moment(10_000),
    published: moment(20_000),
  },
  unknown: [],
} as unknown as KnownRecord;

const executionOf = (changes: object, history?: KnownExecution['history']): KnownExecution => ({
  record: { ...RECORD, ...changes } as KnownRecord,
  history,
});
const pictured = (facts: Partial<RotationFacts>) =>
  pictureOfRotation({
    userName: 'alice',
    now: at(10 * DAY),
    executions: [executionOf({})],
    keysNow: undefined,
    labelsNow: undefined,
    calls: [],
    starters: new Map(),
    notes: [],
    ...facts,
  });
const call = (ms: number, accessKeyId: string, caller = 'here', failed = false): SeenCall => ({
  at: at(ms),
  accessKeyId,
  caller,
  failed,
});
const inRegion = (calls: readonly SeenCall[], cut?: Date) => [
  { region: 'us-east-1', answer: { calls, cut } },
];
const statusesOf = (data: ReturnType<typeof pictured>, accessKeyId: string) =>
  data.keys?.find((key) => key.accessKeyId === accessKeyId)?.spans.map(({ status }) => status);

test('only the rotation calls with a key that nobody can read yet', () => {
  const calls = [call(12_000, NEW, 'lambda'), call(30_000, NEW), call(MINUTE, OLD)];
  expect(pictured({ calls: inRegion(calls) }).consumers).toMatchObject([
    {
      name: 'here',
      spans: [
        { accessKeyId: NEW, calls: 1 },
        { accessKeyId: OLD, calls: 1 },
      ],
    },
  ]);
});

test('calls in a row are one bar, until the key or the result is another', () => {
  const calls = [
    call(HOUR, OLD),
    call(2 * HOUR, OLD),
    call(3 * HOUR, OLD, 'here', true),
    call(4 * HOUR, NEW),
  ];
  const { consumers, verdict } = pictured({ calls: inRegion(calls.toReversed()) });
  expect(consumers?.[0]?.spans).toMatchObject([
    { accessKeyId: OLD, calls: 2, failed: false, from: at(HOUR), to: at(2 * HOUR) },
    { accessKeyId: OLD, calls: 1, failed: true },
    { accessKeyId: NEW, calls: 1, failed: false },
  ]);
  expect(verdict).toBe('rotated in 3 days, 1 failed call in CloudTrail');
});

test.each([
  ['none', 0, undefined],
  ['one', 1, ['c0']],
  ['six', 6, ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']],
  ['many', 40, ['c39', 'c38', 'c37', 'c36', 'c35', '35 others']],
])('consumers: %s', (_name, count, names) => {
  const calls = Array.from({ length: count }, (_one, index) =>
    Array.from({ length: count > 6 ? index + 1 : 1 }, (_each, time) => call(HOUR + time, OLD, `c${index}`)),
  ).flat();
  const { consumers, notes } = pictured({ calls: inRegion(calls) });
  expect(consumers?.map(({ name }) => name)).toEqual(names);
  expect(notes.join()).toMatch(/WHETHER ANY CALL FAILED IS NOT KNOWN/);
});

test('a Region that was not read to its end, or not at all, is named', () => {
  const { notes, consumers } = pictured({
    calls: [
      ...inRegion([call(HOUR, OLD)], at(30 * MINUTE)),
      { region: 'eu-west-1', answer: { problem: 'AWS has denied it.' } },
    ],
  });
  expect(consumers).toHaveLength(1);
  expect(notes).toEqual(
    expect.arrayContaining([
      'Of us-east-1, calls before 2026-03-02 09:30 UTC were not read: there are too many.',
      'Calls of consumers in eu-west-1 are not known: AWS has denied it.',
    ]),
  );
});

describe('a key', () => {
  test('is Active, Inactive, and gone, when the record says so', () => {
    const data = pictured({});
    expect(statusesOf(data, OLD)).toEqual(['Active', 'Inactive']);
    expect(data.keys?.[0]?.spans.at(-1)?.to).toEqual(at(3 * DAY));
    expect(statusesOf(data, NEW)).toEqual(['Active']);
  });

  test('is not known from when a step was cut off that may have changed it', () => {
    const unknown = [{ field: 'oldKey.deactivated' }];
    const oldKey = { accessKeyId: OLD, deactivated: null, reactivated: null, deleted: null };
    const data = pictured({ executions: [executionOf({ result: 'timed-out', oldKey, unknown })] });
    expect(statusesOf(data, OLD)).toEqual([undefined]);
  });

  test('that an earlier execution has set Inactive is not called unknown by a later one', () => {
    const first = executionOf({
      result: 'stopped',
      oldKey: { accessKeyId: OLD, deactivated: moment(DAY), reactivated: null, deleted: null },
    });
    const later = executionOf({
      execution: { ...RECORD.execution, arn: 'b', startedAt: at(2 * DAY).toISOString() },
      keysFound: [
        { accessKeyId: OLD, status: 'Inactive', created: '' },
        { accessKeyId: NEW, status: 'Active', created: '' },
      ],
      oldKey: { accessKeyId: OLD, deactivated: null, reactivated: null, deleted: moment(3 * DAY) },
      unknown: [{ field: 'oldKey.deactivated' }],
    });
    expect(statusesOf(pictured({ executions: [first, later] }), OLD)).toEqual(['Active', 'Inactive']);
  });

  test('that somebody else has changed is not known since the last time', () => {
    const running = { ...RECORD.execution, status: 'RUNNING', endedAt: null };
    const oldKey = { accessKeyId: OLD, deactivated: null, reactivated: null, deleted: null };
    const data = pictured({
      executions: [executionOf({ execution: running, oldKey })],
      keysNow: [{ accessKeyId: NEW, status: 'Active', createDate: at(5000) }],
    });
    expect(statusesOf(data, OLD)).toEqual([undefined]);
    expect(statusesOf(data, NEW)).toEqual(['Active']);
  });
});

test('AWSCURRENT: where nothing says what it named, it is not known', () => {
  const holds = (data: ReturnType<typeof pictured>) => data.labels?.[0]?.spans.map((span) => span.holds);
  const history = (currentBefore: string | null) => ({ entered: [], messages: [], currentBefore });
  expect(holds(pictured({}))).toEqual(['not known', `access key ${NEW}`]);
  expect(holds(pictured({ executions: [executionOf({}, history(null))] }))).toEqual([
    'placeholder',
    `access key ${NEW}`,
  ]);
  expect(holds(pictured({ executions: [executionOf({}, history(OLD))] }))).toEqual([
    `access key ${OLD}`,
    `access key ${NEW}`,
  ]);
  const rollback = { rollback: { doneAt: at(2 * DAY).toISOString() } };
  const back = { executions: [executionOf(rollback, history(OLD))] };
  expect(holds(pictured(back))?.at(-1)).toBe('not known');
  const kept = new Map([
    ['AWSCURRENT', 'v1'],
    ['AWSPENDING', 'i'],
    [`rotation-key-${NEW}`, 'v1'],
  ]);
  expect(holds(pictured({ ...back, labelsNow: kept }))?.at(-1)).toBe(`access key ${NEW}`);
});

test('a message that could not be sent is told, and not drawn as one', () => {
  const messages = [
    { at: at(HOUR), subject: 'the first', sent: true },
    { at: at(2 * HOUR), subject: 'the second', sent: false },
  ];
  const data = pictured({ executions: [executionOf({}, { entered: [], messages, currentBefore: OLD })] });
  expect(data.messages).toEqual([{ at: at(HOUR), subject: 'the first' }]);
  expect(data.remarks.map(({ text }) => text)).toEqual(['A message could not be sent: the second.']);
  expect(pictured({}).messages).toBeUndefined();
});
