import { Aws, Duration, TimeZone } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { executionNameOf } from '../lambdas/shared/contract/names';
import { type DeploymentSettings, FLEXIBLE_WINDOW_SECONDS, type RotatedUser } from './config';
import { scheduleName } from './config/names';
import { senderKeyGrants } from './permissions/key-permissions';
import { statementOf } from './permissions/role-policies';
import { ServiceRole } from './permissions/service-role';
import type { RotatedSecrets } from './secrets/rotated-secret';

/** The properties of {@link RotationSchedules}. */
export interface RotationSchedulesProps {
  /** The users whose rotations are to be started. */
  readonly users: readonly RotatedUser[];

  /** What a schedule starts, with the user's name as input and in the execution's name. */
  readonly stateMachine: IStateMachine;

  /** The secrets. Each must exist before its user's schedule does. */
  readonly secrets: RotatedSecrets;

  /** Gets starts that Step Functions would not accept. */
  readonly deadLetterQueue: IQueue;

  /** Name of the schedule group: at most 64 letters, digits and `._-`. */
  readonly scheduleGroupName: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/**
 * The request of StartExecution. The templated target for Step Functions sets no name, and then executions are called by UUIDs
 * (EventBridge Scheduler User Guide, "Using templated targets"). A universal target sends the parameters of the API ("Using universal
 * targets"); in AWS's examples their names begin with a capital, whatever the service writes on the wire. The ID "is unique for each
 * attempted invocation" ("Adding context attributes").
 */
const startOf = (
  { userName }: RotatedUser,
  { stateMachineArn }: IStateMachine,
): Readonly<Record<string, string>> => ({
  StateMachineArn: stateMachineArn,
  Name: `${executionNameOf(userName)}-${ContextAttribute.executionId}`,
  Input: JSON.stringify({ userName, trigger: 'schedule' }),
});

/**
 * The user's name: the logical ID of a deployed schedule is made from it. If the name is taken, by a part of
 * this construct or by a member of every JavaScript object, a name that no user can have.
 */
const constructId = (scope: Construct, userName: string): string =>
  scope.node.tryFindChild(userName) === undefined ? userName : `User ${userName}`;

/** For each user a schedule that asks, on every occurrence, whether a rotation is due. */
export class RotationSchedules extends Construct {
  /** The group of all schedules of the stack. */
  readonly group: ScheduleGroup;

  /** The role with which they start rotations. Nothing else can take it. */
  readonly role: IRole;

  constructor(scope: Construct, id: string, props: RotationSchedulesProps) {
    super(scope, id);
    const scheduleGroup = new ScheduleGroup(this, 'Group', { scheduleGroupName: props.scheduleGroupName });
    this.group = scheduleGroup;
    const role = new ServiceRole(this, 'Role', {
      description: 'Starts IAM access key rotations',
      deployment: props.deployment,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': scheduleGroup.scheduleGroupArn },
        },
      }),
    });

    const start = new PolicyStatement({
      actions: ['states:StartExecution'],
      resources: [props.stateMachine.stateMachineArn],
    });
    this.role = role;
    role.addToPrincipalPolicy(start);
    for (const grant of senderKeyGrants(props.deployment, 'sqs'))
      role.addToPrincipalPolicy(statementOf(grant));
    role.node.addDependency(...props.secrets.created);
    const permissions = role.addedPermissions;

    for (const user of props.users) {
      const schedule = new Schedule(this, constructId(this, user.userName), {
        scheduleName: scheduleName(user.userName),
        scheduleGroup,
        // No description: name and group say what it is for, and a hundred of them take room that the template does not have.
        schedule: ScheduleExpression.expression(user.schedule, TimeZone.of(user.timeZone)),
        timeWindow: TimeWindow.flexible(Duration.seconds(FLEXIBLE_WINDOW_SECONDS)),
        target: new Universal({
          service: 'sfn',
          action: 'startExecution',
          role,
          policyStatements: [start],
          input: ScheduleTargetInput.fromObject(startOf(user, props.stateMachine)),
          // A start that is hours late is of no use: the next occurrence asks again.
          retryAttempts: 10,
          maxEventAge: Duration.hours(2),
          deadLetterQueue: props.deadLetterQueue,
        }),
      });
      // The group and the secrets are referred to by their names, so CloudFormation does not know the order. The role's policy waits
      // for the role, which waits for both: to name it alone saves room, a hundred times.
      schedule.node.addDependency(permissions);
    }
  }
}
