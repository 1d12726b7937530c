import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { DeleteUserPolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { same } from '../deviation';
import { accepted, refusalOf, type Statement, statementsAbout } from '../statement';
import type { Clients, Subject } from '../subject';

/** The metric of the statements’ alarms. Nothing else writes to it. */
const metric = (subject: Subject) => ({ Namespace: subject.name('metrics'), MetricName: 'Failed' });

/**
 * An alarm like those of lib/rotation-alarms.ts, but by the minute, and without a setting for missing data.
 */
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

/** Clients of a user who may describe these alarms, and nothing else. */
const readerOf = async (subject: Subject, alarms: readonly string[]): Promise<Clients> => {
  const UserName = await subject.user();
  const PolicyName = 'describe-alarms';
  subject.removeLater(`the policy of ${UserName}`, ({ iam }) =>
    iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName })),
  );
  const Resource = alarms.map(
    (name) => `arn:aws:cloudwatch:${subject.region}:${subject.accountId}:alarm:${name}`,
  );
  const Statement = [{ Effect: 'Allow', Action: 'cloudwatch:DescribeAlarms', Resource }];
  await subject.iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName,
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    }),
  );
  return subject.as(await subject.accessKey(UserName));
};

/** The last parts of the names in the answer, or the name of the refusal. */
const answerTo =
  ({ cloudWatch }: Clients, AlarmNames: readonly string[]) =>
  async (): Promise<string> => {
    const call = cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [...AlarmNames], AlarmTypes: ['MetricAlarm'] }),
    );
    const refusal = await refusalOf(call);
    if (refusal !== undefined) return refusal.replace(/Exception$/, '');
    const { MetricAlarms = [] } = await call;
    return MetricAlarms.map(({ AlarmName = '' }) => AlarmName.replace(/^.*-/, ''))
      .sort()
      .join(', ');
  };

const stateOf = (subject: Subject, name: string) => async () => {
  const { MetricAlarms = [] } = await subject.cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm'] }),
  );
  return MetricAlarms[0]?.StateValue ?? 'no alarm';
};

const DESCRIBE = 'CloudWatch API, DescribeAlarms';

const statement = statementsAbout('CloudWatch');

export const cloudWatchStatements: readonly Statement[] = [
  statement({
    id: 'unknown-alarms-are-left-out',
    says: 'DescribeAlarms leaves out names that no alarm has, and answers for the others.',
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
    matters: 'confirm-health judges by the state',
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
    matters: 'no step asks for composite alarms, so that a permission on single alarms is enough',
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
    says: 'DescribeAlarms with AlarmTypes MetricAlarm leaves out composite alarms, even if they are named.',
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
    id: 'one-name',
    says: 'DescribeAlarms with one name needs a permission on that alarm, and on no other.',
    source: `${DESCRIBE}, introduction: for composite alarms alone a permission has to be scoped to *, and no narrower one will do`,
    matters: 'a step may look at the health alarms of its users, and at no other alarm',
    check: async (subject) => {
      const [known, other] = [await alarm(subject, 'known'), await alarm(subject, 'other')];
      const reader = await readerOf(subject, [known]);
      await subject.sees('the answer for one alarm', answerTo(reader, [known]), 'known');
      same('the answer for another one', await answerTo(reader, [other])(), 'AccessDenied');
    },
  }),
  statement({
    id: 'several-names',
    says: 'DescribeAlarms with several names needs a permission on each of these alarms, and on no other.',
    source: 'undocumented: the page speaks of narrower scopes, and not of several names',
    matters: 'whether one call can ask for all health alarms of a user',
    check: async (subject) => {
      const [known, other] = [await alarm(subject, 'known'), await alarm(subject, 'other')];
      const reader = await readerOf(subject, [known, other]);
      await subject.sees('the answer for both', answerTo(reader, [known, other]), 'known, other');
    },
  }),
  statement({
    id: 'history-of-states',
    says: 'DescribeAlarmHistory shows to which state an alarm has changed, and when, even if it has recovered.',
    source:
      'CloudWatch API, DescribeAlarmHistory; for how long, and what is in HistoryData, is undocumented there',
    matters: 'an alarm that goes off and recovers between two checks',
    check: async (subject) => {
      const AlarmName = await alarm(subject, 'known');
      for (const state of ['OK', 'ALARM', 'OK'] as const) await setState(subject, AlarmName, state);
      await subject.sees('the states, and whether each change has a time', async () => {
        const { AlarmHistoryItems = [] } = await subject.cloudWatch.send(
          new DescribeAlarmHistoryCommand({ AlarmName, HistoryItemType: 'StateUpdate' }),
        );
        const states = AlarmHistoryItems.map(({ HistoryData = '{}' }) => {
          const { newState } = JSON.parse(HistoryData) as { newState?: { stateValue?: string } };
          return newState?.stateValue ?? 'not said';
        });
        const dated = AlarmHistoryItems.every(({ Timestamp }) => Timestamp instanceof Date);
        return [[...new Set(states)].filter((state) => state !== 'INSUFFICIENT_DATA').sort(), dated];
      }, [['ALARM', 'OK'], true]);
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
