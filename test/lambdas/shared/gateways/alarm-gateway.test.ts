import { HttpResponse } from '@smithy/protocol-http';
import { EmbeddedAws } from '../../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../../embedded-aws/ground/clock';
import { AlarmGateway } from '../../../../lambdas/shared/gateways/alarm-gateway';
import { HOUR } from '../../../support/time';

const START = new Date('2026-03-02T08:00:00Z');

let restore: () => void = () => {};
afterEach(() => restore());

/** A gateway whose role may look at each of these alarms by its exact name, and at nothing else. */
const allowed = (...names: readonly string[]) => {
  const clock = new VirtualClock({ start: START });
  restore = clock.install();
  const aws = new EmbeddedAws({
    clock,
    authorize: ({ resource }) => names.some((name) => resource.endsWith(`:alarm:${name}`)),
  });
  for (const name of names) aws.cloudWatch.addAlarm(name);
  const gateway = new AlarmGateway({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/step'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  return { aws, clock, gateway };
};
const named = (count: number) => Array.from({ length: count }, (_none, index) => `alarm-${index}`);

test.each([0, 1, 2, 100])('%i alarms, by permission on each of them alone', async (count) => {
  const { aws, clock, gateway } = allowed(...named(count));
  if (count > 1) aws.cloudWatch.setAlarmState('alarm-1', 'ALARM');
  const readings = await clock.run(() => gateway.read(named(count)));
  expect(readings).toEqual(
    named(count).map((name, index) => ({ name, state: index === 1 ? 'ALARM' : 'OK' })),
  );
  const since = await clock.run(() => gateway.readSince(named(count), START));
  expect(since.map(({ name, state }) => ({ name, state }))).toEqual(readings);
  // One call for the state of each, and one more for what each did.
  expect(aws.calls).toHaveLength(count * 3);
});

test('one that is gone, and one that may not be read, do not keep the others from being read', async () => {
  const { aws, clock, gateway } = allowed('first', 'gone', 'last');
  aws.cloudWatch.removeAlarm('gone');
  expect(await clock.run(() => gateway.readSince(['first', 'gone', 'forbidden', 'last'], START))).toEqual([
    { name: 'first', state: 'OK', history: { wentOffAt: [], unclearAt: [] } },
    { name: 'gone', state: 'missing' },
    { name: 'forbidden', state: 'unreadable', problem: 'AccessDeniedException', lasting: true },
    { name: 'last', state: 'OK', history: { wentOffAt: [], unclearAt: [] } },
  ]);
});

test.each(['DescribeAlarms', 'DescribeAlarmHistory'])(
  '%s that is throttled is no answer, and may pass',
  async (operation) => {
    const { aws, clock, gateway } = allowed('errors');
    aws.faults.inject({ kind: 'throttle', times: 99, match: (call) => call.operation === operation });
    expect(await clock.run(() => gateway.readSince(['errors'], START))).toEqual([
      { name: 'errors', state: 'unreadable', problem: expect.stringMatching(/^Throttling/), lasting: false },
    ]);
  },
);

test('of many alarms those that were throttled are read again', async () => {
  const { aws, clock, gateway } = allowed(...named(30));
  aws.faults.inject({ kind: 'throttle', times: 15, match: (call) => call.sequence % 2 === 0 });
  const readings = await clock.run(() => gateway.readSince(named(30), START));
  expect(readings.map(({ name, state }) => [name, state])).toEqual(named(30).map((name) => [name, 'OK']));
});

test('a CloudWatch that hardly answers does not use up the function’s time', async () => {
  const { aws, clock, gateway } = allowed(...named(100));
  aws.faults.inject({ kind: 'delay', ms: 9_000, times: Number.POSITIVE_INFINITY, match: () => true });
  const readings = await clock.run(() => gateway.readSince(named(100), START));
  expect(clock.now().getTime() - START.getTime()).toBeLessThan(80_000);
  expect(readings).toHaveLength(100);
  expect(readings[0]).toMatchObject({ name: 'alarm-0', state: 'OK' });
  expect(readings.at(-1)).toEqual({
    name: 'alarm-99',
    state: 'unreadable',
    problem: 'AWS answers too slowly',
    lasting: false,
  });
});

/** The alarm goes off and recovers, every hour. */
const flap = async ({ aws, clock }: ReturnType<typeof allowed>, times: number) => {
  for (let time = 0; time < times; time += 1) {
    await clock.advance(HOUR / 2);
    aws.cloudWatch.setAlarmState('errors', 'ALARM');
    await clock.advance(HOUR / 2);
    aws.cloudWatch.setAlarmState('errors', 'OK');
  }
};

// A page has 100 changes: 50 times off and on.
test.each([0, 1, 2, 50, 51, 160])(
  'what an alarm did, over all pages: it went off %i times',
  async (times) => {
    const world = allowed('errors');
    await flap(world, times);
    const [reading] = await world.clock.run(() => world.gateway.readSince(['errors'], START));
    expect(reading).toEqual({
      name: 'errors',
      state: 'OK',
      history: {
        wentOffAt: Array.from(
          { length: times },
          (_none, index) => new Date(START.getTime() + HOUR / 2 + index * HOUR),
        ),
        unclearAt: [],
      },
    });
  },
);

test('only what is younger than asked for, and than CloudWatch keeps', async () => {
  const world = allowed('errors');
  await flap(world, 24 * 40);
  const off = async (since: Date) => {
    const [reading] = await world.clock.run(() => world.gateway.readSince(['errors'], since));
    return reading?.state === 'OK' ? reading.history?.wentOffAt.length : reading;
  };
  expect(await off(new Date(world.clock.now().getTime() - 24 * HOUR))).toBe(24);
  expect(await off(START)).toBe(24 * 30);
});

test('an alarm that changes more than 2,000 times is not read to the end', async () => {
  const { aws, clock, gateway } = allowed('errors');
  for (let change = 0; change < 2001; change += 1) {
    aws.cloudWatch.setAlarmState('errors', change % 2 === 0 ? 'ALARM' : 'OK');
  }
  expect(await clock.run(() => gateway.readSince(['errors'], START))).toEqual([
    { name: 'errors', state: 'unreadable', problem: 'it changes too often', lasting: true },
  ]);
});

describe('an item of the history', () => {
  /** What comes of an alarm that is OK, and whose history is this. */
  const historyOf = async (item: object) => {
    const answers = [
      { AlarmHistoryItems: [{ Timestamp: START.getTime() / 1000, ...item }] },
      { MetricAlarms: [{ AlarmName: 'errors', StateValue: 'OK' }] },
    ];
    const gateway = new AlarmGateway({
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'none' },
      requestHandler: {
        handle: async () => ({
          response: new HttpResponse({
            statusCode: 200,
            headers: { 'content-type': 'application/x-amz-json-1.0' },
            body: Buffer.from(JSON.stringify(answers.shift())),
          }),
        }),
      },
    });
    const [reading] = await gateway.readSince(['errors'], START);
    return reading?.state === 'OK' ? reading.history : reading;
  };
  const data = (stateValue: unknown) => JSON.stringify({ version: '1.0', newState: { stateValue } });
  const wentOff = { wentOffAt: [START], unclearAt: [] };
  const nothing = { wentOffAt: [], unclearAt: [] };
  const unclear = { wentOffAt: [], unclearAt: [START] };

  test.each<[string, object, object]>([
    ['it went off', { HistoryData: data('ALARM') }, wentOff],
    ['it recovered', { HistoryData: data('OK') }, nothing],
    ['without data', { HistoryData: data('INSUFFICIENT_DATA') }, nothing],
    [
      'with data that were cut off',
      { HistoryData: data('ALARM').slice(0, -3), HistorySummary: 'Alarm updated from OK to ALARM' },
      wentOff,
    ],
    ['with a summary alone', { HistorySummary: 'Alarm updated from ALARM to OK' }, nothing],
    ['that says nothing', {}, unclear],
    ['in other words', { HistoryData: '{"state":"ALARM"}', HistorySummary: 'Something happened' }, unclear],
    ['with a state that is no text', { HistoryData: data(7) }, unclear],
    ['that is no object', { HistoryData: 'null' }, unclear],
  ])('%s', async (_case, item, expected) => {
    expect(await historyOf(item)).toEqual(expected);
  });
});
