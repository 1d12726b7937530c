import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { RUNBOOK_SECTIONS } from './config/runbook-sections';

/** Where the runbook has a section. */
type Runbook = (section: keyof typeof RUNBOOK_SECTIONS) => string;

const PERIOD = Duration.minutes(5);

/** The properties of {@link RotationAlarms}. */
export interface RotationAlarmsProps {
  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared. */
  readonly emergency: StateMachine;

  /** The queue that holds undelivered starts and messages. Any message in it raises an alarm. */
  readonly deadLetterQueue: IQueue;

  /** Where alarms of what no message tells are published. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which alarms link, without a section. */
  readonly runbookUrl: string;
}

/** Alarms. A failure is one message, of the execution itself or of {@link UntoldEnds}: an alarm publishes only what no message tells. */
export class RotationAlarms extends Construct {
  /** The alarms. */
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: RotationAlarmsProps) {
    super(scope, id);
    const { stateMachine, emergency, deadLetterQueue, notificationTopic, runbookUrl } = props;
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
        'A scheduled start, a message about a rotation, or its record could not be delivered and lies in the dead-letter queue. ' +
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
