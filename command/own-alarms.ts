import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../lambdas/shared/contract/names';
import { RUNBOOK_SECTIONS, SURVEY_RUNBOOK_SECTIONS } from '../lib/config/runbook-sections';
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
  /** The dead-letter queue. Undefined: not known. */
  readonly queueArn: string | undefined;
}

/** An alarm that the stack has. */
interface Expected {
  readonly metric: string;
  /** The value is undefined if it is not known. */
  readonly dimension: readonly [name: string, value: string | undefined];
  /** Where its description sends people. Others have alarms on the same thing, and none that says so. */
  readonly section: string;
  /** No message tells of it, so that the alarm has to. */
  readonly tells: boolean;
}

/** The alarms that every stack has, by what they watch. A test compares this with what is deployed. */
const expectedOf = (stack: AlarmedStack): readonly Expected[] => {
  const { name, stateMachineArn, emergencyMachineArn, queueArn } = stack;
  const executions = (arn: string, metric: string, section: string, tells = false): Expected => ({
    metric: `AWS/States ${metric}`,
    dimension: ['StateMachineArn', arn],
    section,
    tells,
  });
  const survey = (metric: string, section: string, tells = false): Expected => ({
    metric: `${METRIC_NAMESPACE} ${metric}`,
    dimension: [METRIC_DIMENSION, name],
    section,
    tells,
  });
  const { failed, timedOut, throttled, notDeclared, undelivered } = RUNBOOK_SECTIONS;
  const { noHeartbeat, overdue, stuck, drifted } = SURVEY_RUNBOOK_SECTIONS;
  return [
    executions(stateMachineArn, 'ExecutionsFailed', failed),
    executions(stateMachineArn, 'ExecutionsTimedOut', timedOut),
    executions(stateMachineArn, 'ExecutionThrottled', throttled, true),
    ...['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'].map((metric) =>
      executions(emergencyMachineArn, metric, notDeclared),
    ),
    survey(METRICS.heartbeat, noHeartbeat, true),
    survey(METRICS.overdue, overdue),
    survey(METRICS.stuck, stuck),
    survey(METRICS.drifted, drifted),
    {
      metric: 'AWS/SQS ApproximateNumberOfMessagesVisible',
      dimension: ['QueueName', queueArn?.split(':').at(-1)],
      section: undelivered,
      tells: true,
    },
  ];
};

/** CloudWatch User Guide: an alarm is in this state until it has data, which these have, or do without, within minutes. */
const INSUFFICIENT_FOR_MS = 60 * 60 * 1000;

const stateOf = ({ name, state, since }: SeenAlarm, now: Date): readonly string[] => {
  const from = since === undefined ? '' : ` since ${at(since)}`;
  if (state === 'ALARM') return [`the alarm ${name} is in ALARM${from}: its description says what to do`];
  const isLong = since !== undefined && now.getTime() - since.getTime() > INSUFFICIENT_FOR_MS;
  return state === 'INSUFFICIENT_DATA' && isLong
    ? [`the alarm ${name} has had no data${from}: it cannot go off`]
    : [];
};

/** Whether the stack has its alarms, whether they tell somebody, and whether they are quiet. */
export const ofAlarms = (
  stack: AlarmedStack,
  alarms: readonly SeenAlarm[],
  now: Date,
): readonly Examined[] => {
  const { name: about, topicArn } = stack;
  const isToldOf = ({ actions }: SeenAlarm): boolean =>
    topicArn === undefined ? actions.length > 0 : actions.includes(topicArn);
  const wrongWith = ({ metric, dimension: [key, value], section, tells }: Expected): readonly string[] => {
    const own = alarms.filter(
      (one) =>
        one.metric === metric && one.dimensions[key] === value && one.description.endsWith(`#${section}`),
    );
    const [first] = own;
    if (first === undefined) return [`its alarm on ${metric} is not there: deploy the stack again`];
    const silent =
      tells && !own.some(isToldOf)
        ? [
            `the alarm ${first.name} tells nobody: its actions are switched off, or not the stack's topic. Deploy the stack again`,
          ]
        : [];
    return [...silent, ...own.flatMap((one) => stateOf(one, now))];
  };
  const expected = expectedOf(stack);
  const asked = expected.filter(({ dimension: [, value] }) => value !== undefined);
  const wrong = asked.flatMap(wrongWith);
  const unknown = [
    ...expected
      .filter((one) => !asked.includes(one))
      .map(
        ({ metric }) =>
          `NOT KNOWN: its alarm on ${metric}. The schedule of the survey, which names its dead-letter queue, was not read.`,
      ),
    ...(topicArn === undefined
      ? ['NOT KNOWN: whether its alarms tell its topic. Which topic that is was not read.']
      : []),
  ];
  const found = [
    ...wrong.map((says): Examined => ({ about, verdict: 'wrong', says })),
    ...unknown.map((says): Examined => ({ about, verdict: 'unknown', says })),
  ];
  return found.length > 0 ? found : [{ about, verdict: 'fine', says: `its ${expected.length} alarms` }];
};
