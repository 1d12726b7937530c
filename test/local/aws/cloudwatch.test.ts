import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  paginateDescribeAlarms,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { MINUTE, outcome, setUp } from './fixture';

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
  ['metric alarms only, unless asked', {}, ['errors OK', 'latency INSUFFICIENT_DATA']],
  ['no composite alarm by its name alone', { AlarmNames: ['errors', 'all'] }, ['errors OK']],
  ['composite alarms when asked', { AlarmTypes: ['CompositeAlarm'] }, ['all ALARM']],
  [
    'both kinds by name',
    { AlarmNames: ['all', 'errors'], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    ['errors OK', 'all ALARM'],
  ],
  ['alarms by the beginning of their names', { AlarmNamePrefix: 'lat' }, ['latency INSUFFICIENT_DATA']],
  ['nothing for an alarm that does not exist', { AlarmNames: ['gone'] }, []],
])('DescribeAlarms returns %s', async (_name, input, expected) => {
  const { states } = withAlarms();
  expect(await states(input)).toEqual(expected);
});

test('an alarm changes state when told, and keeps its kind', async () => {
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

test('the alarm is what a call for one alarm is about; composite alarms need *', async () => {
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
