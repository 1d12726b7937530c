import { Aws, Duration, Fn, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IDependable } from 'constructs';
import { ENROLMENT_FILE } from '../lambdas/shared/contract/enrolment-file';
import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  METRICS,
  type MetricName,
} from '../lambdas/shared/contract/names';
import { SURVEY_FOLDER, surveyFileOf } from '../lambdas/shared/contract/survey';
import { SURVEY_TIMEOUT_SECONDS } from '../lambdas/shared/contract/timing';
import type { DeploymentSettings, RotatedUser } from './config';
import { surveyScheduleName } from './config/names';
import { SURVEY_RUNBOOK_SECTIONS } from './config/runbook-sections';
import { surveyedUsers } from './config/surveyed';
import { addFunction, addFunctionRole, type ServiceFunction } from './functions/service-function';
import { senderKeyGrants } from './permissions/key-permissions';
import {
  createdSecretsArns,
  executionsArn,
  scheduleGroupArn,
  schedulesArn,
  userArn,
} from './permissions/resource-arns';
import { statementOf } from './permissions/role-policies';
import { ServiceRole } from './permissions/service-role';
import { surveyGrants } from './permissions/survey-permissions';
import { acknowledgeWildcard, PATH_REASON } from './permissions/wildcard';

/** Every day at this time, weekends too: the alarm on a missing survey counts hours. In UTC, so that no day has 25. */
const SURVEY_EXPRESSION = 'cron(30 5 * * ? *)';

/**
 * For how many hours an alarm looks back. A survey comes every 24 hours, and one that is an hour or two late is no reason to wake
 * anybody. Periods of an hour, because those of a day begin at midnight, wherever the survey stands in them; and 26 hours are
 * within what an alarm may look back, 604,800 seconds (CloudWatch API, PutMetricAlarm, EvaluationPeriods).
 */
const HOURS_OF_A_SURVEY = 26;

/** The properties of {@link RotationSurvey}. */
export interface RotationSurveyProps {
  /** The users that are looked at. */
  readonly users: readonly RotatedUser[];

  /** Physical name of the state machine, and the value of the metrics' dimension. */
  readonly rotationName: string;

  /** Name of the group of schedules. */
  readonly scheduleGroupName: string;

  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** Where messages go, and the alarm that tells what no message can. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** Whether it imports a finding of each overdue key into Security Hub. */
  readonly securityHub: boolean;

  /** Gets starts of the survey that Lambda would not accept. */
  readonly deadLetterQueue: IQueue;

  /** What makes the group of schedules, which has to be there before the survey's schedule is. */
  readonly scheduleGroup: IDependable;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/**
 * A metric of the survey, as it was at the last survey of each hour.
 *
 * @param rotationName - Physical name of the state machine: the metrics' dimension.
 * @param metricName - One of those that the survey puts, once a day. For every hour without a survey there is no data.
 */
export const surveyMetric = (rotationName: string, metricName: MetricName): Metric =>
  new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { [METRIC_DIMENSION]: rotationName },
    period: Duration.hours(1),
    statistic: Stats.MAXIMUM,
  });

/**
 * The survey: a function that looks at every enrolled user once a day, and only reads. It tells in metrics, a record in its log, an
 * event, and in one message if something is wrong.
 *
 * The alarm on a survey that has not run publishes, because nothing else can tell of it. The others do not: the message of the
 * survey that set them off has told, with the names (ADR 57, ADR 58).
 */
export class RotationSurvey extends Construct {
  /** The alarms: no survey; a key overdue; a rotation stuck; AWSCURRENT without a key that works. */
  readonly alarms: readonly Alarm[];

  /** Where the function logs. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: RotationSurveyProps) {
    super(scope, id);
    const surveyor = this.surveyor(props);
    this.logGroup = surveyor.logGroup;
    this.startDaily(surveyor.function, props);
    this.alarms = this.alarmsOf(props);
  }

  private surveyor(props: RotationSurveyProps): ServiceFunction {
    const { users, rotationName, scheduleGroupName, stateMachine, notificationTopic, runbookUrl } = props;
    const { securityHub, deployment } = props;
    const role = addFunctionRole(this, 'Role', {
      description: 'The survey of IAM access key rotations, which only reads',
      deployment,
    });
    acknowledgeWildcards(role, props);
    for (const user of users.filter(({ path }) => path !== '/')) {
      acknowledgeWildcard(role, userArn(user), PATH_REASON);
    }
    return addFunction(this, {
      folder: SURVEY_FOLDER,
      description: 'The survey: looks at every enrolled user, and changes nothing',
      role,
      deployment,
      timeoutSeconds: SURVEY_TIMEOUT_SECONDS,
      grants: surveyGrants({
        users,
        rotationName,
        scheduleGroupName,
        topicArn: notificationTopic.topicArn,
        securityHub,
        deployment,
      }),
      files: { [ENROLMENT_FILE]: JSON.stringify(surveyFileOf(surveyedUsers(users)), undefined, 2) },
      environment: {
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        SCHEDULE_GROUP: scheduleGroupName,
        NOTIFICATION_TOPIC_ARN: notificationTopic.topicArn,
        RUNBOOK_URL: runbookUrl,
        ...(securityHub && { SECURITY_HUB: 'yes' }),
        ...(deployment.eventBusName !== undefined && { EVENT_BUS_NAME: deployment.eventBusName }),
      },
    });
  }

  private startDaily(
    started: IFunction,
    { rotationName, scheduleGroupName, deadLetterQueue, scheduleGroup, deployment }: RotationSurveyProps,
  ): void {
    const role = new ServiceRole(this, 'ScheduleRole', {
      description: 'Starts the survey of IAM access key rotations',
      deployment,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': Fn.sub(scheduleGroupArn(scheduleGroupName)) },
        },
      }),
    });
    // Not grantInvoke, which also allows every version and alias: none exists or should be run.
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [started.functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
    );
    for (const grant of senderKeyGrants(deployment, 'sqs')) role.addToPolicy(statementOf(grant));
    const schedule = new CfnSchedule(this, 'Schedule', {
      name: surveyScheduleName(rotationName),
      groupName: scheduleGroupName,
      description: 'Starts the survey of all enrolled users, once a day',
      scheduleExpression: SURVEY_EXPRESSION,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: started.functionArn,
        roleArn: role.roleArn,
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
      },
    });
    // The group is referred to by its name, so CloudFormation does not know the order.
    schedule.node.addDependency(scheduleGroup, role);
  }

  private alarmsOf({ rotationName, notificationTopic, runbookUrl }: RotationSurveyProps): readonly Alarm[] {
    const runbook = (section: keyof typeof SURVEY_RUNBOOK_SECTIONS): string =>
      `${runbookUrl}#${SURVEY_RUNBOOK_SECTIONS[section]}`;
    const noHeartbeat = new Alarm(this, 'NoHeartbeat', {
      metric: surveyMetric(rotationName, METRICS.heartbeat),
      alarmDescription:
        'No survey of the access keys has run, and told what it found, for 26 hours. No key was changed by this, but nobody is told ' +
        `when a key is overdue, or when rotations do not start. See ${runbook('noHeartbeat')}`,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: HOURS_OF_A_SURVEY,
      datapointsToAlarm: HOURS_OF_A_SURVEY,
      treatMissingData: TreatMissingData.BREACHING,
    });
    noHeartbeat.addAlarmAction(new SnsAction(notificationTopic));
    // Alarms of this stack have to be named to publish: the topic's policy admits no others.
    notificationTopic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'SurveyAlarmOfThisStack',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [notificationTopic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': noHeartbeat.alarmArn },
        },
      }),
    );
    const found = (alarmId: string, metricName: MetricName, alarmDescription: string): Alarm =>
      new Alarm(this, alarmId, {
        metric: surveyMetric(rotationName, metricName),
        alarmDescription,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: 0,
        // One survey sets it off, and the next one that finds nothing ends it: within this time there is always one.
        evaluationPeriods: HOURS_OF_A_SURVEY,
        datapointsToAlarm: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
    return [
      noHeartbeat,
      found(
        'Overdue',
        METRICS.overdue,
        'An access key is older than its user’s settings allow, with every wait as long as it may be. It still works. The message of ' +
          `the survey names it. See ${runbook('overdue')}`,
      ),
      found(
        'Stuck',
        METRICS.stuck,
        'A rotation has been in one stage for longer than its plan allows, or is unfinished and nothing takes it up. Its keys are as ' +
          `the last step left them. The message of the survey names the user. See ${runbook('stuck')}`,
      ),
      found(
        'Drifted',
        METRICS.drifted,
        'AWSCURRENT of a secret is gone, or holds a key that is Inactive or deleted: consumers that read it fail. The message of the ' +
          `survey names the user. See ${runbook('drifted')}`,
      ),
    ];
  }
}

const acknowledgeWildcards = (
  role: Role,
  { users, rotationName, scheduleGroupName }: RotationSurveyProps,
): void => {
  for (const secrets of createdSecretsArns(users)) {
    acknowledgeWildcard(
      role,
      secrets,
      'The secrets that stacks of this kind create. It grants only their descriptions.',
    );
  }
  acknowledgeWildcard(
    role,
    executionsArn(rotationName),
    'The executions of this state machine, whose names are not known beforehand. The actions only read.',
  );
  acknowledgeWildcard(
    role,
    schedulesArn(scheduleGroupName),
    'The schedules of this stack, which has a group of its own. The action only reads.',
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'cloudwatch:PutMetricData knows no resources. A condition allows the one namespace of the survey.',
  });
};
