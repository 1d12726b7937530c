import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  type DescribeAlarmHistoryCommandInput,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
  paginateDescribeAlarms,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { MINUTE } from '../../support/time';
import { outcome, setUp } from '../fixture';

const withAlarms = () => {
  const world = setUp();
  world.aws.cloudWatch.addAlarm('errors');
  world.aws.cloudWatch.addAlarm('latency', 'INSUFFICIENT_DATA');
  world.aws.cloudWatch.addAlarm('all', 'ALARM', 'composite');
  const states = async (input: DescribeAlarmsCommandInput) => {
    const { MetricAlarms = [], CompositeAlarms = [] } = await world.cloudWatch.send(
      new DescribeAlarmsCommand(input),
    );
    return [...MetricAlarms, ...CompositeAlarms].map(
      ({ AlarmName, StateValue }) => `${AlarmName} ${StateValue}`,
    );
  };
  return { ...world, states };
};

test.each<[string, DescribeAlarmsCommandInput, string[]]>([
  ['metric alarms only, by default', {}, ['errors OK', 'latency INSUFFICIENT_DATA']],
  ['no composite alarm by its name alone', { AlarmNames: ['errors', 'all'] }, ['errors OK']],
  ['composite alarms if requested', { AlarmTypes: ['CompositeAlarm'] }, ['all ALARM']],
  [
    'both kinds by name',
    { AlarmNames: ['all', 'errors'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    ['errors OK', 'all ALARM'],
  ],
  ['alarms by a prefix of their names', { AlarmNamePrefix: 'lat' }, ['latency INSUFFICIENT_DATA']],
  ['nothing for an alarm that does not exist', { AlarmNames: ['gone'] }, []],
])('DescribeAlarms returns %s', async (_name, input, expected) => {
  const { states } = withAlarms();
  expect(await states(input)).toEqual(expected);
});

test('an alarm changes state on request, and keeps its kind', async () => {
  const { aws, clock, cloudWatch, states } = withAlarms();
  await clock.advance(MINUTE);
  aws.cloudWatch.setAlarmState('errors', 'ALARM');
  aws.cloudWatch.setAlarmState('all', 'OK');
  const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] }));
  expect(MetricAlarms).toEqual([
    {
      AlarmName: 'errors',
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors',
      StateValue: 'ALARM',
      StateUpdatedTimestamp: clock.now(),
    },
  ]);
  expect(await states({ AlarmTypes: ['CompositeAlarm'] })).toEqual(['all OK']);
  aws.cloudWatch.removeAlarm('errors');
  expect(await states({ AlarmNames: ['errors'] })).toEqual([]);
  expect(() => aws.cloudWatch.setAlarmState('errors', 'OK')).toThrow('no alarm');
});

test('DescribeAlarms pages', async () => {
  const { cloudWatch } = withAlarms();
  const sizes: unknown[] = [];
  const paginator = paginateDescribeAlarms(
    { client: cloudWatch, pageSize: 2 },
    { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
  );
  for await (const { MetricAlarms = [], CompositeAlarms = [] } of paginator) {
    sizes.push(MetricAlarms.length + CompositeAlarms.length);
  }
  expect(sizes).toEqual([2, 1]);
});

test.each<[string, DescribeAlarmsCommandInput, string]>([
  ['a made-up token', { NextToken: 'nonsense' }, 'InvalidNextToken'],
  ['101 records', { MaxRecords: 101 }, 'ValidationException'],
  ['log alarms', { AlarmTypes: ['LogAlarm' as 'MetricAlarm'] }, 'NotModelled'],
  ['an action prefix', { ActionPrefix: 'arn' }, 'NotModelled'],
  ['names and a prefix', { AlarmNames: ['errors'], AlarmNamePrefix: 'e' }, 'ValidationException'],
])('DescribeAlarms refuses %s', async (_name, input, expected) => {
  const { cloudWatch } = withAlarms();
  expect((await outcome(cloudWatch.send(new DescribeAlarmsCommand(input)))).name).toBe(expected);
});

test('the resource of a call for one alarm is that alarm; composite alarms need *', async () => {
  const { aws, states } = withAlarms();
  await states({ AlarmNames: ['errors'] });
  await states({ AlarmNames: ['errors', 'latency'] });
  await states({ AlarmNames: ['all'], AlarmTypes: ['CompositeAlarm'] });
  expect(aws.calls.map(({ resource }) => resource)).toEqual([
    'arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors',
    '*',
    '*',
  ]);
});

test('alarms are made, set and deleted over the wire; one that is updated keeps its state', async () => {
  const { cloudWatch, states } = withAlarms();
  const put = () =>
    cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'failed',
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    );
  const asked = { AlarmNames: ['failed'] };
  await put();
  expect(await states(asked)).toEqual(['failed INSUFFICIENT_DATA']);
  await cloudWatch.send(
    new SetAlarmStateCommand({ AlarmName: 'failed', StateValue: 'OK', StateReason: 'r' }),
  );
  await put();
  expect(await states(asked)).toEqual(['failed OK']);
  await cloudWatch.send(new PutCompositeAlarmCommand({ AlarmName: 'any', AlarmRule: 'ALARM("failed")' }));
  expect(await states({ AlarmNames: ['any'], AlarmTypes: ['CompositeAlarm'] })).toEqual([
    'any INSUFFICIENT_DATA',
  ]);
  await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ['failed', 'gone'] }));
  expect(await states(asked)).toEqual([]);
  expect(
    await outcome(
      cloudWatch.send(new SetAlarmStateCommand({ AlarmName: 'failed', StateValue: 'OK', StateReason: 'r' })),
    ),
  ).toMatchObject({ name: 'ResourceNotFound', status: 404 });
});

describe('DescribeAlarmHistory', () => {
  const withHistory = async () => {
    const world = setUp();
    const { aws, clock, cloudWatch } = world;
    aws.cloudWatch.addAlarm('errors');
    aws.cloudWatch.addAlarm('other');
    aws.cloudWatch.addAlarm('all', 'OK', 'composite');
    for (const state of ['ALARM', 'ALARM', 'OK', 'INSUFFICIENT_DATA'] as const) {
      await clock.advance(MINUTE);
      aws.cloudWatch.setAlarmState('errors', state);
    }
    aws.cloudWatch.setAlarmState('all', 'ALARM');
    const summaries = async (input: Partial<DescribeAlarmHistoryCommandInput> = {}) => {
      const { AlarmHistoryItems = [] } = await cloudWatch.send(
        new DescribeAlarmHistoryCommand({ AlarmName: 'errors', HistoryItemType: 'StateUpdate', ...input }),
      );
      return AlarmHistoryItems.map(({ HistorySummary }) =>
        HistorySummary?.replace('Alarm updated from ', ''),
      );
    };
    return { ...world, summaries };
  };
  const ALL = ['OK to ALARM', 'ALARM to OK', 'OK to INSUFFICIENT_DATA'];

  test('has each change, the newest first by default', async () => {
    const { summaries } = await withHistory();
    expect(await summaries()).toEqual([...ALL].reverse());
    expect(await summaries({ ScanBy: 'TimestampAscending' })).toEqual(ALL);
    expect(await summaries({ AlarmName: 'other' })).toEqual([]);
    expect(await summaries({ AlarmName: 'gone' })).toEqual([]);
  });

  test('has composite alarms only if requested', async () => {
    const { summaries } = await withHistory();
    expect(await summaries({ AlarmName: 'all' })).toEqual([]);
    expect(await summaries({ AlarmName: 'all', AlarmTypes: ['CompositeAlarm'] })).toEqual(['OK to ALARM']);
  });

  test('begins and ends at the requested times', async () => {
    const { clock, summaries } = await withHistory();
    const ago = (minutes: number) => new Date(clock.now().getTime() - minutes * MINUTE);
    expect(await summaries({ StartDate: ago(1.5), ScanBy: 'TimestampAscending' })).toEqual(ALL.slice(1));
    expect(await summaries({ EndDate: ago(1.5) })).toEqual(['OK to ALARM']);
  });

  test('survives the alarm, and ends after 30 days', async () => {
    const { aws, clock, summaries } = await withHistory();
    aws.cloudWatch.removeAlarm('errors');
    await clock.advance(30 * 24 * 60 * MINUTE - 1.5 * MINUTE);
    expect(await summaries({ ScanBy: 'TimestampAscending' })).toEqual(ALL.slice(1));
    await clock.advance(2 * MINUTE);
    expect(await summaries()).toEqual([]);
  });

  test('names the alarm as its resource', async () => {
    const { aws, summaries } = await withHistory();
    await summaries();
    await summaries({ AlarmName: 'all', AlarmTypes: ['CompositeAlarm'] });
    expect(aws.calls.map(({ resource }) => resource)).toEqual([
      'arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors',
      '*',
    ]);
  });
});

test('reads lag, each on its own: a later one may show an older state', async () => {
  const { aws, clock, cloudWatch } = setUp({ behaviour: { alarmReadLag: 20_000 } });
  aws.cloudWatch.addAlarm('errors');
  await clock.advance(MINUTE);
  aws.cloudWatch.setAlarmState('errors', 'ALARM');
  await clock.advance(10_000);
  const seen: string[] = [];
  const history: number[] = [];
  for (let read = 0; read < 40; read += 1) {
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] }));
    seen.push(MetricAlarms?.[0]?.StateValue ?? '');
    const { AlarmHistoryItems } = await cloudWatch.send(
      new DescribeAlarmHistoryCommand({ AlarmName: 'errors', HistoryItemType: 'StateUpdate' }),
    );
    history.push(AlarmHistoryItems?.length ?? -1);
  }
  expect(new Set(seen)).toEqual(new Set(['OK', 'ALARM']));
  expect(seen.lastIndexOf('OK')).toBeGreaterThan(seen.indexOf('ALARM'));
  expect(new Set(history)).toEqual(new Set([0, 1]));
  await clock.advance(10_001);
  const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] }));
  expect(MetricAlarms?.[0]?.StateValue).toBe('ALARM');
});

describe('PutMetricData', () => {
  const Dimensions = [{ Name: 'StateMachineName', Value: 'rotation' }];
  const metric = { namespace: 'Ours', name: 'UsersOverdue', dimensions: { StateMachineName: 'rotation' } };

  test('keeps values with their time, and sets off alarms on them, for as long as a value counts', async () => {
    const { aws, clock, cloudWatch } = setUp();
    let rung = 0;
    const onAlarm = () => {
      rung += 1;
    };
    const watched = { periodSeconds: 3600, evaluationPeriods: 26, threshold: 0, onAlarm };
    aws.cloudWatch.watch({ name: 'overdue', metric, ...watched });
    const put = (Value: number) =>
      cloudWatch.send(
        new PutMetricDataCommand({
          Namespace: 'Ours',
          MetricData: [{ MetricName: 'UsersOverdue', Value, Timestamp: clock.now(), Dimensions }],
        }),
      );
    const state = () => aws.cloudWatch.snapshot()[0]?.state;
    await put(0);
    expect([rung, state()]).toEqual([0, 'OK']);
    const at = clock.now();
    await put(1.5);
    expect([rung, state()]).toEqual([1, 'ALARM']);
    expect(aws.cloudWatch.values.at(-1)).toEqual({ metric, value: 1.5, at });
    await clock.advance(26 * 60 * MINUTE);
    expect(state()).toBe('ALARM');
    await clock.advance(60 * MINUTE);
    expect(state()).toBe('OK');
  });

  test.each<[string, (now: Date) => Partial<PutMetricDataCommandInput>]>([
    [
      'a value of three weeks ago',
      (now) => value({ Timestamp: new Date(now.getTime() - 21 * 1440 * MINUTE) }),
    ],
    ['a value of tomorrow', (now) => value({ Timestamp: new Date(now.getTime() + 1440 * MINUTE) })],
    ['a namespace that begins with a colon', () => ({ Namespace: ':ours' })],
    ['a dimension without a value', () => value({ Dimensions: [{ Name: 'a', Value: '' }] })],
    [
      'more than 1,000 metrics',
      () => ({ MetricData: Array.from({ length: 1001 }, () => ({ MetricName: 'm', Value: 1 })) }),
    ],
  ])('refuses %s', async (_what, input) => {
    const { aws, clock, cloudWatch } = setUp();
    const call = cloudWatch.send(
      new PutMetricDataCommand({ Namespace: 'Ours', ...value({}), ...input(clock.now()) }),
    );
    expect(await outcome(call)).toMatchObject({ status: 400 });
    expect(aws.cloudWatch.values).toEqual([]);
  });

  const value = (changes: object) => ({ MetricData: [{ MetricName: 'm', Value: 1, ...changes }] });
});

test('an alarm says what it watches, and what it does, unless its actions are switched off', async () => {
  const { aws, cloudWatch } = setUp();
  const topic = 'arn:aws:sns:us-east-1:111122223333:told';
  aws.cloudWatch.watch({
    name: 'failed',
    metric: { namespace: 'AWS/States', name: 'ExecutionsFailed', dimensions: { StateMachineArn: 'r' } },
    ...{ periodSeconds: 300, threshold: 0, actions: [topic], onAlarm: () => {} },
  });
  const described = async () => {
    const { MetricAlarms = [] } = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: ['failed'] }),
    );
    return MetricAlarms[0];
  };
  expect(await described()).toMatchObject({
    Namespace: 'AWS/States',
    MetricName: 'ExecutionsFailed',
    Dimensions: [{ Name: 'StateMachineArn', Value: 'r' }],
    AlarmActions: [topic],
    ActionsEnabled: true,
  });
  aws.cloudWatch.disableActions('failed');
  expect(await described()).toMatchObject({ AlarmActions: [topic], ActionsEnabled: false });
});
