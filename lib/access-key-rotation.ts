import { Annotations, Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { RUNBOOK } from '../lambdas/shared/text/anchor';
import { tagAsAsked } from './company-tags';
import {
  completeDeployment,
  type DeploymentSettings,
  MAX_USERS_PER_STACK,
  type Notifications,
  type Place,
  type RotatedUser,
  requirePlace,
} from './config';
import { holdEventBus } from './event-bus';
import { ExposedKeys } from './exposed-keys';
import { encrypt } from './functions/encrypt';
import { notificationTopic } from './notifications';
import { PeoplePolicies } from './permissions/people-policies';
import { RotationAlarms } from './rotation-alarms';
import { RotationAudit } from './rotation-audit';
import { RotationChat } from './rotation-chat';
import { RotationDashboard } from './rotation-dashboard';
import { RotationSchedules } from './rotation-schedules';
import {
  EmergencyStateMachine,
  RotationStateMachine,
  readDefinition,
  readEmergencyDefinition,
  toldErrorNames,
} from './rotation-state-machine';
import { RotationSteps } from './rotation-steps';
import { RotationSurvey } from './rotation-survey';
import { RotatedSecrets } from './secrets/rotated-secret';
import { UntoldEnds } from './untold-ends';

/** The properties of {@link AccessKeyRotation}. */
export interface AccessKeyRotationProps {
  /**
   * The IAM users whose access keys are rotated, as `parseConfig` returns them: one to {@link
   * MAX_USERS_PER_STACK}. No other user is ever touched.
   */
  readonly users: readonly RotatedUser[];

  /**
   * Physical name of the state machine and, unless `deployment` names it, of the schedule group: 1 to 64 letters, digits and `_-`, unique
   * in account and Region. Finish all rotations before you change it: under another name, executions of former
   * deployments can no longer be looked up, and a lock that one of them left cannot be taken over.
   */
  readonly rotationName: string;

  /**
   * Who is told, besides the owners of the users. Each address has to confirm its subscription once.
   *
   * @default - a topic without subscribers
   */
  readonly notifications?: Notifications;

  /**
   * Address of your copy of docs/runbook.md: an https URL without a fragment. Messages link to its sections.
   *
   * @default - messages name the file
   */
  readonly runbookUrl?: string;

  /**
   * Whether AWS Security Hub gets a finding of each key that is overdue, and is told when it is so no more. The account must have enabled
   * Security Hub in the Region.
   *
   * @default false
   */
  readonly securityHub?: boolean;

  /**
   * What your company asks of every resource. Generated names begin with the name of the stack that the construct is in: that name, and
   * whether the stack is protected from termination, are given to the stack. `namePrefix` as `parseConfig` reads it begins the names of
   * secrets.
   *
   * @default - what is built in: see {@link DEPLOYMENT}
   */
  readonly deployment?: DeploymentSettings;
}

/**
 * Rotates the access keys of IAM users: a state machine, a function per step, and for each user a secret and a
 * schedule.
 *
 * @example
 * new AccessKeyRotation(this, 'AccessKeyRotation', {
 *   ...parseConfig(config, { executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()) }),
 *   rotationName: this.stackName,
 * });
 */
export class AccessKeyRotation extends Construct {
  /** The state machine: one execution is one rotation of one user. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared: one execution names one leaked key. */
  readonly emergencyStateMachine: StateMachine;

  /** Managed policies for people, by purpose. The stack attaches them to no one. */
  readonly policies: PeoplePolicies['policies'];

  /** Where messages are published, and alarms of what no message tells. */
  readonly notificationTopic: ITopic;

  /** Where a chat channel is to be subscribed. Undefined unless `notifications` asks for it. */
  readonly chatTopic: ITopic | undefined;

  /**
   * All alarms. Each has the `alarmActions` of the deployment as its actions. Most of them have no other and publish nothing, because a
   * message does.
   */
  readonly alarms: readonly Alarm[];

  /** What the survey has found, and how executions ended, over time. It names no users. */
  readonly dashboard: Dashboard;

  /** Has a record of each survey: what was found of each user, with the last four characters of access key IDs. */
  readonly surveyLogGroup: ILogGroup;

  /**
   * Has the record of each execution that has ended, for auditors: with full access key IDs, and never key material. Kept for
   * `deployment.auditRetentionDays`.
   */
  readonly auditLogGroup: ILogGroup;

  /** Keeps starts, messages and records that could not be delivered. */
  readonly deadLetterQueue: IQueue;

  constructor(scope: Construct, id: string, props: AccessKeyRotationProps) {
    super(scope, id);
    const { users, rotationName, notifications = { emails: [], chat: false }, runbookUrl = RUNBOOK } = props;
    const { securityHub = false, deployment = completeDeployment() } = props;
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(rotationName)) {
      throw new Error(
        `rotationName: ${JSON.stringify(rotationName)} was given. Allowed: 1 to 64 letters, digits and _-, which state machines and schedule groups both accept. A stack's name is usual: choose a shorter one.`,
      );
    }
    if (users.length < 1 || users.length > MAX_USERS_PER_STACK) {
      throw new Error(`users: ${users.length} were given. Allowed: 1 to ${MAX_USERS_PER_STACK}.`);
    }

    requirePlace(users, this.place, notifications.topicArn, deployment);

    const { scheduleGroupName = rotationName } = deployment;
    const topic = notificationTopic(this, 'Notifications', notifications, users, deployment);
    if (notifications.topicArn !== undefined) {
      Annotations.of(this).acknowledgeWarning(
        '@aws-cdk/aws-events:ruleUnresolvedEnvironment',
        'The topic has to be where the stack is: see requirePlace.',
      );
    }
    this.notificationTopic = topic;

    const deadLetterQueue = new Queue(this, 'Undelivered', {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    encrypt(deadLetterQueue, deployment);

    this.deadLetterQueue = deadLetterQueue;
    Validations.of(deadLetterQueue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is itself a dead-letter queue, of the schedules and of the rule. The check does not look at those.',
    });

    const steps = new RotationSteps(this, 'Steps', {
      users,
      stateMachineName: rotationName,
      runbookUrl,
      deployment,
    });
    const secrets = new RotatedSecrets(this, 'Secrets', { users, stepRoles: steps.roles, deployment });
    // A function gets its role when the secrets' policies admit it, in the first deployment and where a role is replaced.
    for (const step of Object.values(steps.functions)) step.node.addDependency(...secrets.admitSteps);
    const rotation = new RotationStateMachine(this, 'StateMachine', {
      stateMachineName: rotationName,
      functions: steps.functions,
      validators: users.flatMap(({ validator }) => validator ?? []),
      notificationTopic: topic,
      runbookUrl,
      deployment,
    });
    this.stateMachine = rotation.stateMachine;
    const emergency = new EmergencyStateMachine(this, 'Emergency', {
      rotation: this.stateMachine,
      rotationName,
      notificationTopic: topic,
      runbookUrl,
      deployment,
    });
    this.emergencyStateMachine = emergency.stateMachine;

    const schedules = new RotationSchedules(this, 'Schedules', {
      users,
      stateMachine: this.stateMachine,
      secrets,
      deadLetterQueue,
      scheduleGroupName,
      deployment,
    });
    const { alarms } = new RotationAlarms(this, 'Alarms', {
      stateMachine: this.stateMachine,
      emergency: this.emergencyStateMachine,
      deadLetterQueue,
      notificationTopic: topic,
      runbookUrl,
    });
    this.chatTopic = notifications.chat
      ? new RotationChat(this, 'Chat', {
          stateMachines: [this.stateMachine, this.emergencyStateMachine],
          deadLetterQueue,
          deployment,
        }).topic
      : undefined;
    if (deployment.eventBusName !== undefined) holdEventBus(this, 'EventBus', deployment.eventBusName);
    const untoldEnds = new UntoldEnds(this, 'UntoldEnds', {
      stateMachine: this.stateMachine,
      emergency: this.emergencyStateMachine,
      toldErrorNames: toldErrorNames(readDefinition(), readEmergencyDefinition()),
      deadLetterQueue,
      notificationTopic: topic,
      runbookUrl,
      deployment,
    });
    const exposedKeys = new ExposedKeys(this, 'ExposedKeys', {
      users,
      stateMachine: this.stateMachine,
      emergency: this.emergencyStateMachine,
      deadLetterQueue,
      notificationTopic: topic,
      runbookUrl,
      deployment,
    });
    const survey = new RotationSurvey(this, 'Survey', {
      users,
      rotationName,
      scheduleGroupName,
      stateMachine: this.stateMachine,
      notificationTopic: topic,
      runbookUrl,
      deployment,
      securityHub,
      deadLetterQueue,
      scheduleGroup: schedules.group,
    });
    this.alarms = [...alarms, ...survey.alarms];
    for (const alarm of this.alarms) {
      for (const alarmActionArn of deployment.alarmActions) {
        alarm.addAlarmAction({ bind: () => ({ alarmActionArn }) });
      }
    }
    this.surveyLogGroup = survey.logGroup;
    const audit = new RotationAudit(this, 'Audit', {
      users,
      rotationName,
      stateMachine: this.stateMachine,
      emergency: this.emergencyStateMachine,
      schedulerRole: schedules.role,
      readingRoles: Object.values(steps.functions).flatMap(({ role }) => role ?? []),
      deadLetterQueue,
      deployment,
    });
    this.auditLogGroup = audit.auditLogGroup;
    const { dashboard } = new RotationDashboard(this, 'Dashboard', {
      rotationName,
      stateMachine: this.stateMachine,
      deadLetterQueue,
    });
    this.dashboard = dashboard;
    this.policies = new PeoplePolicies(this, 'People', {
      users,
      rotation: this.stateMachine,
      rotationName,
      emergency: this.emergencyStateMachine,
      alarms: this.alarms,
      logGroups: [
        ...steps.logGroups,
        ...[
          rotation.logGroup,
          emergency.logGroup,
          untoldEnds.logGroup,
          exposedKeys.logGroup,
          survey.logGroup,
        ],
        ...[audit.auditLogGroup, audit.logGroup],
      ],
      notificationTopic: topic,
      deadLetterQueue,
      scheduleGroupName,
      deployment,
    }).policies;
    tagAsAsked(this, deployment);
  }

  /** Where the stack is, as far as that is known before it is deployed. */
  private get place(): Place {
    const { account, region } = Stack.of(this);
    const known = (value: string): string | undefined => (Token.isUnresolved(value) ? undefined : value);
    return { account: known(account), region: known(region) };
  }
}
