import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { STOPPED_FOR_ANOTHER, TAKEN_OVER_BY } from '../lambdas/shared/contract/stop';

/** The sections of docs/runbook.md that alarms and messages send people to, by their anchors. */
export const RUNBOOK_SECTIONS = {
  failed: 'a-rotation-failed',
  timedOut: 'a-rotation-timed-out',
  throttled: 'rotations-cannot-start',
  notDeclared: 'an-emergency-did-not-begin',
  undelivered: 'a-start-or-a-message-was-not-delivered',
  unexplained: 'a-rotation-ended-without-an-explanation',
} as const;

/** Where the runbook has a section. */
type Runbook = (section: keyof typeof RUNBOOK_SECTIONS) => string;

const PERIOD = Duration.minutes(5);

/** The properties of {@link RotationAlarms}. */
export interface RotationAlarmsProps {
  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared. */
  readonly emergency: StateMachine;

  /** The names of the errors that the state machines' own failure branches report. */
  readonly toldErrorNames: readonly string[];

  /** The queue that holds undelivered starts and messages. Any message in it raises an alarm. */
  readonly deadLetterQueue: IQueue;

  /** Where messages go, and alarms of what no message tells. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;
}

/** One way in which an execution can end: what the detail of its event looks like. */
type End = Readonly<Record<string, readonly unknown[]>>;

/** Ends in which a field says nothing, or something that is not understood. */
const unlessItSays = (field: string, end: End, understood: unknown): readonly End[] =>
  [{ exists: false }, null, { 'anything-but': understood }].map((other) => ({ ...end, [field]: [other] }));

/** Failed under a name of which the failure branch has told: it publishes what it caught, and then fails with that error's name. */
const failedUntold = (toldErrorNames: readonly string[]): readonly End[] =>
  unlessItSays('error', { status: ['FAILED'] }, toldErrorNames);

/** Prefix of the ARNs of a state machine's executions, in the place of its own ARN. */
const executionsOf = ({ stateMachineName }: StateMachine): string =>
  `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${stateMachineName}:`;

/**
 * Stopped, unless an execution of the same state machine has taken the rotation over. That one tells of its own end, whatever
 * that is, so nobody needs a message of this one.
 */
const stoppedForNobody = (stateMachine: StateMachine): readonly End[] => [
  ...unlessItSays('error', { status: ['ABORTED'] }, [STOPPED_FOR_ANOTHER]),
  ...unlessItSays(
    'cause',
    { status: ['ABORTED'], error: [STOPPED_FOR_ANOTHER] },
    { prefix: `${TAKEN_OVER_BY}${executionsOf(stateMachine)}` },
  ),
];

const NAME = EventField.fromPath('$.detail.name');
const WHERE = `account ${EventField.account}, ${EventField.region}`;
const STATUS = EventField.fromPath('$.detail.status');
const EXECUTION_ARN = EventField.fromPath('$.detail.executionArn');

/** Of these values no name has a character that a shell would not take literally. */
const describe = (executionArn: string): string =>
  `   aws stepfunctions describe-execution --region ${EventField.region} --execution-arn ${executionArn}`;

/**
 * What a person reads of an execution that has not told of its end. The first line stands for the subject, which EventBridge
 * cannot set. A line has no double quotes: EventBridge sends each line in such, and what is in between as JSON has it.
 *
 * Not the execution's input: anybody may have written it, at any length, and EventBridge cannot cut it. A name or an ARN of an
 * execution has no character that JSON would have to escape (Step Functions API Reference, StartExecution).
 */
const rotationMessage = (runbook: Runbook): readonly string[] => [
  `${NAME}, ${WHERE}: a rotation has ended, ${STATUS}, and has not said why.`,
  'WHAT HAPPENED',
  'It ran into its time limit, somebody stopped it, or it failed where it could not tell.',
  'URGENT: YES, if it was an emergency (THE LEAKED KEY MAY STILL BE ACTIVE) or a rollback (the old key may still be Inactive): start ' +
    'that again now. Otherwise no: consumers go on reading the secret.',
  'KEYS',
  'They are as the last completed step left them. No step leaves a key half changed.',
  'DO THIS',
  '1. See what it was started with, and what AWS says of its end:',
  describe(EXECUTION_ARN),
  '2. Start a new execution with the same input. Otherwise the next scheduled one takes over, unless the rotation is on hold or paused.',
  'MORE',
  `Runbook: ${runbook('unexplained')}`,
  `Execution: ${EXECUTION_ARN}`,
];

const declarationMessage = (rotation: StateMachine, runbook: Runbook): readonly string[] => [
  `${NAME}, ${WHERE}: the declaration of an emergency has ended, ${STATUS}, and has not said why.`,
  'WHAT HAPPENED',
  'Somebody stopped it, it ran into its time limit, or it failed where it could not tell.',
  'URGENT: YES, unless its rotation is at work. THE LEAKED KEY MAY STILL BE ACTIVE.',
  'KEYS',
  'A declaration changes none. Its rotation does, and is refused if the declaration ends before the rotation has asked for it.',
  'DO THIS',
  '1. Look for that rotation, which has the same name:',
  describe(`${executionsOf(rotation)}${NAME}`),
  '2. Unless it is RUNNING or SUCCEEDED, declare the emergency again now, under another name. This shows with what:',
  describe(EXECUTION_ARN),
  'MORE',
  `Runbook: ${runbook('notDeclared')}`,
];

/**
 * Alarms, and a message for each execution that has ended without one of its own. A failure is one message: an alarm publishes
 * only what no message tells.
 */
export class RotationAlarms extends Construct {
  /** The alarms. */
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: RotationAlarmsProps) {
    super(scope, id);
    const { stateMachine, emergency, toldErrorNames, deadLetterQueue, notificationTopic, runbookUrl } = props;
    const runbook: Runbook = (section) => `${runbookUrl}#${RUNBOOK_SECTIONS[section]}`;
    const sum = { statistic: 'Sum', period: PERIOD };

    const told = [
      this.alarm(
        'Failed',
        stateMachine.metricFailed(sum),
        'A rotation failed. A message of its own names the user, the error and the state of the keys. The ' +
          'rotation itself leaves consumers a key that works: the old one is still Active, or Active again, or the ' +
          `new one had proved itself before. If a person changed something meanwhile, the message says so. See ${runbook('failed')}`,
      ),
      this.alarm(
        'TimedOut',
        stateMachine.metricTimedOut(sum),
        'A rotation ran into the time limit of its execution. A message names it. The new key is published; the old one is still ' +
          `Active, or Inactive and not yet deleted. The next start resumes it. See ${runbook('timedOut')}`,
      ),
      ...(
        [
          ['NotDeclared', emergency.metricFailed(sum), 'has failed'],
          ['DeclarationTimedOut', emergency.metricTimedOut(sum), 'ran into its time limit'],
          ['DeclarationStopped', emergency.metricAborted(sum), 'was stopped'],
        ] as const
      ).map(([alarmId, metric, ended]) =>
        this.alarm(
          alarmId,
          metric,
          `The declaration of an emergency ${ended}. It changes no key, and the leaked key may still be Active. A message says ` +
            `what to do. See ${runbook('notDeclared')}`,
        ),
      ),
    ];
    const untold = [
      this.alarm(
        'Throttled',
        stateMachine.metricThrottled(sum),
        'Step Functions throttled rotations: they start, or go on, later. No key was changed by this, but keys may ' +
          `grow older than they should. See ${runbook('throttled')}`,
      ),
      this.alarm(
        'Undelivered',
        deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: PERIOD }),
        'A scheduled start, or a message about a rotation, could not be delivered and lies in the dead-letter queue. ' +
          `No key was changed by this; a rotation may be overdue, or ended unnoticed. See ${runbook('undelivered')}`,
      ),
    ];
    this.alarms = [...told, ...untold];
    for (const alarm of untold) alarm.addAlarmAction(new SnsAction(notificationTopic));
    notificationTopic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisStack',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [notificationTopic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': untold.map((alarm) => alarm.alarmArn) },
        },
      }),
    );

    // A role can say that it is this stack's rules alone that publish. The topic's policy would admit
    // EventBridge as a service, and AWS does not promise that conditions work there.
    const role = new Role(this, 'MessengerRole', {
      description: 'Publishes messages about executions that ended unexplained',
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    const report = (
      ruleId: string,
      of: StateMachine,
      ends: readonly End[],
      message: readonly string[],
    ): void => this.report(ruleId, { of, ends, message, role, deadLetterQueue, notificationTopic });
    report(
      'UnexplainedEnd',
      stateMachine,
      [{ status: ['TIMED_OUT'] }, ...stoppedForNobody(stateMachine), ...failedUntold(toldErrorNames)],
      rotationMessage(runbook),
    );
    // Nothing takes a declaration over, so no stop of one explains itself.
    report(
      'UnexplainedDeclaration',
      emergency,
      [{ status: ['TIMED_OUT', 'ABORTED'] }, ...failedUntold(toldErrorNames)],
      declarationMessage(stateMachine, runbook),
    );
  }

  private report(
    id: string,
    {
      of,
      ends,
      message,
      role,
      deadLetterQueue,
      notificationTopic,
    }: Pick<RotationAlarmsProps, 'deadLetterQueue' | 'notificationTopic'> & {
      readonly of: StateMachine;
      readonly ends: readonly End[];
      readonly message: readonly string[];
      readonly role: IRole;
    },
  ): void {
    new Rule(this, id, {
      description: 'Reports executions that ended without a message of their own',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [of.stateMachineArn], $or: ends },
      },
      targets: [
        new SnsTopic(notificationTopic, {
          role,
          deadLetterQueue,
          retryAttempts: 10,
          maxEventAge: Duration.hours(2),
          message: RuleTargetInput.fromMultilineText(message.join('\n')),
        }),
      ],
    });
  }

  private alarm(id: string, metric: Metric, alarmDescription: string): Alarm {
    return new Alarm(this, id, {
      metric,
      alarmDescription,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
