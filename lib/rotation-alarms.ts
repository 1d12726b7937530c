import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { describeExecutionInput } from '../lambdas/shared/text/commands';

/** The sections of docs/runbook.md that alarms and messages send people to, by their anchors. */
export const RUNBOOK_SECTIONS = {
  failed: 'a-rotation-failed',
  timedOut: 'a-rotation-timed-out',
  aborted: 'a-rotation-was-stopped',
  throttled: 'rotations-cannot-start',
  notDeclared: 'an-emergency-did-not-begin',
  undelivered: 'a-start-or-a-message-was-not-delivered',
  unexplained: 'a-rotation-ended-without-an-explanation',
} as const;

const runbook = (section: keyof typeof RUNBOOK_SECTIONS): string =>
  `docs/runbook.md#${RUNBOOK_SECTIONS[section]}`;

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

  /** Where alarms and messages go. */
  readonly notificationTopic: ITopic;
}

/** Alarms, and a message for each execution that ended without the state machine's own failure message. */
export class RotationAlarms extends Construct {
  /** The alarms. */
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: RotationAlarmsProps) {
    super(scope, id);
    const { stateMachine, emergency, toldErrorNames, deadLetterQueue, notificationTopic } = props;
    const sum = { statistic: 'Sum', period: PERIOD };

    this.alarms = [
      this.alarm(
        'Failed',
        stateMachine.metricFailed(sum),
        'A rotation failed. A message on the same topic names the user, the error and the state of the keys. The ' +
          'rotation itself leaves consumers a key that works: the old one is still Active, or Active again, or the ' +
          `new one had proved itself before. If a person changed something meanwhile, the message says so. See ${runbook('failed')}`,
      ),
      this.alarm(
        'TimedOut',
        stateMachine.metricTimedOut(sum),
        'A rotation ran into the time limit of its execution. The new key is published; the old one is still Active, ' +
          `or Inactive and not yet deleted. The next start resumes it. See ${runbook('timedOut')}`,
      ),
      this.alarm(
        'Aborted',
        stateMachine.metricAborted(sum),
        'A person, or a tool, stopped a rotation. The keys are as the last step left them, and the user stays locked ' +
          `until the next start takes over and resumes the rotation. See ${runbook('aborted')}`,
      ),
      this.alarm(
        'Throttled',
        stateMachine.metricThrottled(sum),
        'Step Functions throttled rotations: they start, or go on, later. No key was changed by this, but keys may ' +
          `grow older than they should. See ${runbook('throttled')}`,
      ),
      this.alarm(
        'NotDeclared',
        emergency.metricFailed(sum),
        'An emergency was declared, and its rotation could not be started. No key was changed, and the leaked key may still be ' +
          `Active. A message on the same topic says what was missing. See ${runbook('notDeclared')}`,
      ),
      this.alarm(
        'Undelivered',
        deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: PERIOD }),
        'A scheduled start, or a message about a rotation, could not be delivered and lies in the dead-letter queue. ' +
          `No key was changed by this; a rotation may be overdue, or ended unnoticed. See ${runbook('undelivered')}`,
      ),
    ];
    for (const alarm of this.alarms) alarm.addAlarmAction(new SnsAction(notificationTopic));
    notificationTopic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisStack',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [notificationTopic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': this.alarms.map((alarm) => alarm.alarmArn) },
        },
      }),
    );

    new Rule(this, 'UnexplainedEnd', {
      description: 'Reports rotations that ended without running the failure branch of the state machine',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachine.stateMachineArn, emergency.stateMachineArn],
          // The failure branch publishes what it caught and then fails with that error's name, so those names
          // have been reported. An execution that ended in any other way ran no such branch, so no message
          // has been sent.
          $or: [
            { status: ['TIMED_OUT', 'ABORTED'] },
            { status: ['FAILED'], error: [{ exists: false }] },
            { status: ['FAILED'], error: [null] },
            { status: ['FAILED'], error: [{ 'anything-but': [...toldErrorNames] }] },
          ],
        },
      },
      targets: [
        new SnsTopic(notificationTopic, {
          // A role can say that only this stack's rule publishes. The topic's policy would admit EventBridge
          // as a service, and AWS does not promise that conditions work there.
          role: new Role(this, 'MessengerRole', {
            description: 'Publishes messages about rotations that ended unexplained',
            assumedBy: new ServicePrincipal('events.amazonaws.com', {
              conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
            }),
          }),
          deadLetterQueue,
          retryAttempts: 10,
          maxEventAge: Duration.hours(2),
          // Not the execution's input: any caller may have written it, at any length, and EventBridge cannot
          // cut it. The name and the ARN of an execution have no character that JSON would have to escape
          // (Step Functions API Reference, StartExecution).
          message: RuleTargetInput.fromObject({
            whatHappened:
              'A rotation of an IAM access key ended without explaining itself: it ran into its time limit, was stopped ' +
              'by a person or a tool, or failed in a way that its own failure branch could not catch.',
            execution: EventField.fromPath('$.detail.name'),
            status: EventField.fromPath('$.detail.status'),
            startedWith: describeExecutionInput(EventField.fromPath('$.detail.executionArn')),
            stateOfTheKeys:
              'As the last completed step left them; no step was cut off half way for good. Consumers can go on reading ' +
              'the secret. The user stays locked until the next start takes over. IF IT WAS AN EMERGENCY, OR ITS DECLARATION, THE ' +
              'LEAKED KEY MAY STILL BE ACTIVE.',
            whatToDo:
              'Open the execution in the Step Functions console, see which state it was in, and follow the runbook. The ' +
              'next scheduled start resumes the rotation, unless it is on hold. Nothing resumes an emergency that had not begun: ' +
              'declare it again now.',
            runbook: runbook('unexplained'),
          }),
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
