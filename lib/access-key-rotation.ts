import { Annotations, Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { RUNBOOK } from '../lambdas/shared/text/anchor';
import { tagAsAsked } from './company-tags';
import { type Place, parseConfig, type RotatedUser, type RotationConfig, requirePlace } from './config';
import type { RotationSettings } from './config/written-settings';
import { holdEventBus } from './event-bus';
import { ExposedKeys } from './exposed-keys';
import { encrypt } from './functions/encrypt';
import { notificationTopic } from './notifications';
import { requireOwnNames } from './own-names';
import { PeoplePolicies } from './permissions/people-policies';
import { RotationAlarms } from './rotation-alarms';
import { RotationAudit } from './rotation-audit';
import { RotationChat } from './rotation-chat';
import { RotationDashboard } from './rotation-dashboard';
import { RotationSchedules } from './rotation-schedules';
import {
  EmergencyStateMachine,
  executionTimeoutSeconds,
  RotationStateMachine,
  readDefinition,
  readEmergencyDefinition,
  toldErrorNames,
} from './rotation-state-machine';
import { RotationSteps } from './rotation-steps';
import { RotationSurvey } from './rotation-survey';
import { RotatedSecrets } from './secrets/rotated-secret';
import { secretOfUser } from './secrets/secret-of-user';
import { UntoldEnds } from './untold-ends';
import { warnOfSettings } from './warnings';

/** The properties of {@link AccessKeyRotation}: the configuration, and how the rotation is called. */
export interface AccessKeyRotationProps extends RotationSettings {
  /**
   * Physical name of the state machine, of the dashboard and, unless `deployment` names it, of the schedule group: 1 to 64 letters,
   * digits and `_-`, unique in account and Region. The state machine of emergencies is called so, too, with `-emergency` at its end.
   * Finish all rotations before you change it: under another name, executions of former deployments can no longer be looked up, and a
   * lock that one of them left cannot be taken over.
   */
  readonly rotationName: string;
}

/** The same, when the configuration has been read. */
interface ValidatedProps {
  readonly config: RotationConfig;
  readonly rotationName: string;
}

/**
 * Rotates the access keys of IAM users: a state machine, a function per step, and for each user a secret and a
 * schedule. A stack can have several, and an app: each with its own name, and each with its own users.
 *
 * Of `deployment`, `namePrefix` begins the names of secrets alone here, and `terminationProtection` protects the stack that the
 * construct is in.
 *
 * @example
 * new AccessKeyRotation(this, 'Keys', { rotationName: 'keys', users: [{ userName: 'alice' }] });
 * @example
 * new AccessKeyRotation(this, 'Keys', { rotationName: 'keys', ...readConfiguration('rotation.config.json') });
 */
export class AccessKeyRotation extends Construct {
  /** The state machine: one execution is one rotation of one user. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared: one execution names one leaked key. */
  readonly emergencyStateMachine: StateMachine;

  /** Managed policies for people, by purpose. The stack attaches them to no one. */
  readonly policies: Readonly<Record<'reader' | 'operator' | 'emergency', readonly IManagedPolicy[]>>;

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

  /** The users that are enrolled here. */
  readonly #users: readonly RotatedUser[];

  /** The secrets that somebody has asked for, by the names of their users. */
  readonly #secrets = new Map<string, ISecret>();

  /**
   * @throws ConfigError that lists every problem of the configuration: the field, the value that was given, and what is allowed. Also if
   * another rotation of the app has the same name, or one of the same users, in what may be the same account.
   */
  constructor(scope: Construct, id: string, props: AccessKeyRotationProps);
  /** @internal */
  constructor(scope: Construct, id: string, props: ValidatedProps);
  constructor(scope: Construct, id: string, props: AccessKeyRotationProps | ValidatedProps) {
    super(scope, id);
    const { config, rotationName } = 'config' in props ? props : this.validated(props);
    const { users, notifications, runbookUrl = RUNBOOK, securityHub, deployment } = config;
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(rotationName)) {
      throw new Error(
        `rotationName: ${JSON.stringify(rotationName)} was given. Allowed: 1 to 64 letters, digits and _-, which state machines and schedule groups both accept. A stack's name is usual: choose a shorter one.`,
      );
    }
    requirePlace(users, this.place, notifications.topicArn, deployment);
    requireOwnNames(this, { name: rotationName, place: this.place, users, deployment });
    this.#users = users;
    if (deployment.terminationProtection) Stack.of(this).terminationProtection = true;

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

  /**
   * The secret that holds the present key of a user: grant reading of the version AWSCURRENT, which is what consumers read, and, where the
   * user has a `kmsKeyArn`, decryption: `secret.encryptionKey?.grantDecrypt(role)`. A secret that is created is there once the construct
   * is deployed, so whatever needs it depends on the construct.
   *
   * @param userName - as the configuration has it.
   * @throws Error if the user is not enrolled here.
   * @example
   * rotation.secretOf('alice').grantRead(role, ['AWSCURRENT']);
   */
  secretOf(userName: string): ISecret {
    const user = this.#users.find((one) => one.userName === userName);
    if (user === undefined) {
      const names = this.#users.map((one) => one.userName).join(', ');
      throw new Error(
        `userName: ${JSON.stringify(userName)} was given. Allowed: a user of ${this.node.path}: ${names}.`,
      );
    }
    const secret = this.#secrets.get(userName) ?? secretOfUser(this, user);
    this.#secrets.set(userName, secret);
    return secret;
  }

  private validated({ rotationName, ...settings }: AccessKeyRotationProps): ValidatedProps {
    const limits = { executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()) };
    const config = parseConfig(settings, limits, `The configuration of ${this.node.path}`);
    // The stacks that forward AWS's events of exposed keys are the app's.
    warnOfSettings(this, { ...config, place: this.place, forwards: false });
    return { config, rotationName };
  }

  /** Where the stack is, as far as that is known before it is deployed. */
  private get place(): Place {
    const { account, region } = Stack.of(this);
    const known = (value: string): string | undefined => (Token.isUnresolved(value) ? undefined : value);
    return { account: known(account), region: known(region) };
  }
}
