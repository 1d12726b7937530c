import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../lambdas/shared/contract/names';
import type { Examined } from './examination';
import type { SeenAlarm } from './gateways/alarms';
import { at } from './times';

/** The stack whose alarms are looked at. */
export interface AlarmedStack {
  readonly name: string;
  readonly stateMachineArn: string;
  readonly emergencyMachineArn: string;
  /** Where alarms of what no message tells are published. Undefined: not known. */
  readonly topicArn: string | undefined;
}

/** An alarm that the stack has. */
interface Expected {
  readonly metric: string;
  readonly dimension: readonly [name: string, value: string];
  /** No message tells of it, so that the alarm has to. */
  readonly tells: boolean;
}

const OF_EXECUTIONS = ['ExecutionsFailed', 'ExecutionsTimedOut'] as const;

/** The alarms that every stack has, by what they watch. A test compares this with what is deployed. */
const expectedOf = ({ name, stateMachineArn, emergencyMachineArn }: AlarmedStack): readonly Expected[] => {
  const of = (arn: string, metrics: readonly string[], tells: boolean): readonly Expected[] =>
    metrics.map((metric) => ({ metric: `AWS/States ${metric}`, dimension: ['StateMachineArn', arn], tells }));
  const survey = (metric: string, tells: boolean): Expected => ({
    metric: `${METRIC_NAMESPACE} ${metric}`,
    dimension: [METRIC_DIMENSION, name],
    tells,
  });
  return [
    ...of(stateMachineArn, OF_EXECUTIONS, false),
    ...of(stateMachineArn, ['ExecutionThrottled'], true),
    ...of(emergencyMachineArn, [...OF_EXECUTIONS, 'ExecutionsAborted'], false),
    survey(METRICS.heartbeat, true),
    ...[METRICS.overdue, METRICS.stuck, METRICS.drifted].map((metric) => survey(metric, false)),
  ];
};

/** The queue has a name that CloudFormation makes: its alarm is the one that tells the stack's topic. */
const DEAD_LETTERS = 'AWS/SQS ApproximateNumberOfMessagesVisible';

/** CloudWatch User Guide: an alarm is in this state until it has data, which these have, or do without, within minutes. */
const INSUFFICIENT_FOR_MS = 60 * 60 * 1000;

const wrongWith = (
  { name, state, since, actions }: SeenAlarm,
  tells: boolean,
  topicArn: string | undefined,
  now: Date,
) => {
  const isSilent = tells && (topicArn === undefined ? actions.length === 0 : !actions.includes(topicArn));
  const silent = isSilent
    ? [
        `the alarm ${name} tells nobody: its actions are switched off, or not the stack's topic. Deploy the stack again`,
      ]
    : [];
  const from = since === undefined ? '' : ` since ${at(since)}`;
  if (state === 'ALARM')
    return [...silent, `the alarm ${name} is in ALARM${from}: its description says what to do`];
  const isLong = since !== undefined && now.getTime() - since.getTime() > INSUFFICIENT_FOR_MS;
  return state === 'INSUFFICIENT_DATA' && isLong
    ? [...silent, `the alarm ${name} has had no data${from}: it cannot go off`]
    : silent;
};

/** Whether the stack has its alarms, whether they tell somebody, and whether they are quiet. */
export const ofAlarms = (
  stack: AlarmedStack,
  alarms: readonly SeenAlarm[],
  now: Date,
): readonly Examined[] => {
  const { name: about, topicArn } = stack;
  const expected = expectedOf(stack);
  const found = expected.map(({ metric, dimension: [key, value], tells }) => ({
    metric,
    tells,
    alarm: alarms.find((one) => one.metric === metric && one.dimensions[key] === value),
  }));
  const letters = alarms.filter(
    ({ metric, actions }) => metric === DEAD_LETTERS && topicArn !== undefined && actions.includes(topicArn),
  );
  const all = [
    ...found,
    ...(topicArn === undefined ? [] : [{ metric: DEAD_LETTERS, tells: true, alarm: letters[0] }]),
  ];
  const wrong = all.flatMap(({ metric, alarm, tells }) =>
    alarm === undefined
      ? [
          `its alarm on ${metric} is not there${metric === DEAD_LETTERS ? ', or does not tell its topic' : ''}: deploy the stack again`,
        ]
      : wrongWith(alarm, tells, topicArn, now),
  );
  return wrong.length === 0
    ? [{ about, verdict: 'fine', says: `its ${all.length} alarms` }]
    : wrong.map((says) => ({ about, verdict: 'wrong', says }));
};
