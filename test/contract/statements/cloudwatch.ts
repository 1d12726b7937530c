import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { accepted, type Statement, same } from '../statement';
import type { Subject } from '../subject';

/** The metric of the statements’ alarms. Nobody else writes to it. */
const metric = (subject: Subject) => ({ Namespace: subject.name('metrics'), MetricName: 'Failed' });

/** An alarm as lib/rotation-alarms.ts makes them, though by the minute, and without an opinion on missing data. */
const alarm = async (subject: Subject, what: string, actions: readonly string[] = []): Promise<string> => {
  const AlarmName = subject.name(what);
  subject.removeLater(`the alarm ${AlarmName}`, ({ cloudWatch }) =>
    cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] })),
  );
  await subject.cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      ...metric(subject),
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'missing',
      AlarmActions: [...actions],
    }),
  );
  return AlarmName;
};

const compositeAlarm = async (subject: Subject, child: string): Promise<string> => {
  const AlarmName = subject.name('composite');
  subject.removeLater(`the alarm ${AlarmName}`, ({ cloudWatch }) =>
    cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] })),
  );
  await subject.cloudWatch.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule: `ALARM("${child}")` }));
  return AlarmName;
};

const setState = ({ cloudWatch }: Subject, AlarmName: string, StateValue: StateValue) =>
  cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'contract suite' }));

/** The last parts of the names, of metric and of composite alarms. */
const described = (subject: Subject, input: DescribeAlarmsCommandInput) => async () => {
  const { MetricAlarms = [], CompositeAlarms = [] } = await subject.cloudWatch.send(
    new DescribeAlarmsCommand(input),
  );
  const short = (alarms: readonly { readonly AlarmName?: string | undefined }[]) =>
    alarms.map(({ AlarmName = '' }) => AlarmName.replace(/^.*-/, '')).sort();
  return { metric: short(MetricAlarms), composite: short(CompositeAlarms) };
};

const stateOf = (subject: Subject, name: string) => async () => {
  const { MetricAlarms = [] } = await subject.cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm'] }),
  );
  return MetricAlarms[0]?.StateValue ?? 'no alarm';
};

const DESCRIBE = 'CloudWatch API, DescribeAlarms';

const statement = (parts: Omit<Statement, 'service'>): Statement => ({ service: 'CloudWatch', ...parts });

export const cloudWatchStatements: readonly Statement[] = [
  statement({
    id: 'unknown-alarms-are-left-out',
    says: 'DescribeAlarms leaves names out that no alarm has, and answers for the others.',
    source: `${DESCRIBE}, AlarmNames; that no error follows is undocumented. An error would stop the rotation`,
    matters: 'a health alarm that was deleted counts as missing, never as OK',
    check: async (subject) => {
      const name = await alarm(subject, 'known');
      await subject.sees(
        'the answer',
        described(subject, { AlarmNames: [subject.name('unknown'), name], AlarmTypes: ['MetricAlarm'] }),
        { metric: ['known'], composite: [] },
      );
    },
  }),
  statement({
    id: 'state-at-birth',
    says: 'A metric alarm that was just created is in the state INSUFFICIENT_DATA.',
    source: 'CloudWatch API, PutMetricAlarm, introduction',
    matters: 'an alarm without data does not pass for a healthy one',
    check: async (subject) => {
      const name = await alarm(subject, 'known');
      same('its state', await stateOf(subject, name)(), 'INSUFFICIENT_DATA');
    },
  }),
  statement({
    id: 'states',
    says: 'DescribeAlarms shows the state of an alarm as OK, ALARM or INSUFFICIENT_DATA.',
    source: 'CloudWatch API, SetAlarmState, StateValue',
    matters: 'confirm-health goes by the state',
    check: async (subject) => {
      const name = await alarm(subject, 'known');
      for (const state of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
        await accepted(`setting the state ${state}`, setState(subject, name, state));
        await subject.sees(`the state after ${state} was set`, stateOf(subject, name), state);
      }
    },
  }),
  statement({
    id: 'metric-alarms-by-default',
    says: 'DescribeAlarms without AlarmTypes answers with metric alarms only.',
    source: `${DESCRIBE}, AlarmTypes`,
    matters: 'composite alarms are asked for by nobody, so that a permission on single alarms suffices',
    check: async (subject) => {
      const child = await alarm(subject, 'child');
      const composite = await compositeAlarm(subject, child);
      await subject.sees('the answer', described(subject, { AlarmNames: [child, composite] }), {
        metric: ['child'],
        composite: [],
      });
    },
  }),
  statement({
    id: 'metric-alarms-when-asked',
    says: 'DescribeAlarms with AlarmTypes MetricAlarm leaves composite alarms out that are named.',
    source: `${DESCRIBE}, AlarmTypes`,
    matters: 'a composite alarm among the health alarms shows as missing',
    check: async (subject) => {
      const child = await alarm(subject, 'child');
      const composite = await compositeAlarm(subject, child);
      await subject.sees(
        'the answer',
        described(subject, { AlarmNames: [child, composite], AlarmTypes: ['MetricAlarm'] }),
        { metric: ['child'], composite: [] },
      );
    },
  }),
  statement({
    id: 'hundred-names',
    says: 'DescribeAlarms takes 100 names in one call.',
    source: `${DESCRIBE}, AlarmNames: array members`,
    matters: 'a user has 100 health alarms at most',
    check: async (subject) => {
      const AlarmNames = Array.from({ length: 100 }, (_, index) => subject.name(`${index}`));
      same('the answer', await accepted('asking for 100 names', described(subject, { AlarmNames })()), {
        metric: [],
        composite: [],
      });
    },
  }),
  statement({
    id: 'alarm-by-data',
    says: 'An alarm on a sum above zero goes into the state ALARM after a datum of 1.',
    source: 'CloudWatch User Guide, Using Amazon CloudWatch alarms',
    matters: 'the alarms on failed, stopped and timed-out rotations',
    check: async (subject) => {
      const name = await alarm(subject, 'known');
      const { Namespace, MetricName } = metric(subject);
      await accepted(
        'PutMetricData',
        subject.cloudWatch.send(
          new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName, Value: 1, Unit: 'Count' }] }),
        ),
      );
      await subject.sees('its state', stateOf(subject, name), 'ALARM');
    },
  }),
  statement({
    id: 'alarm-tells-the-topic',
    says: 'An alarm that goes into the state ALARM publishes a message with its name and state to its SNS topic.',
    source: 'CloudWatch API, PutMetricAlarm, AlarmActions; SetAlarmState, introduction',
    matters: 'alarms reach a person',
    check: async (subject) => {
      const inbox = await subject.inbox();
      const name = await alarm(subject, 'known', [inbox.topicArn]);
      await setState(subject, name, 'OK');
      await setState(subject, name, 'ALARM');
      const { Message = '{}' } = await inbox.next('the alarm’s message');
      const { AlarmName, NewStateValue } = JSON.parse(Message) as Record<string, unknown>;
      same(
        'the message',
        { alarm: AlarmName === name, state: NewStateValue },
        { alarm: true, state: 'ALARM' },
      );
    },
  }),
];
