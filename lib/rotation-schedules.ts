import { Aws, Duration, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { FLEXIBLE_WINDOW_SECONDS, type RotatedUser } from './config';
import { scheduleName } from './config/names';
import type { RotatedSecrets } from './secrets/rotated-secret';

/** The properties of {@link RotationSchedules}. */
export interface RotationSchedulesProps {
  /** The users whose rotations are to be started. */
  readonly users: readonly RotatedUser[];

  /** What a schedule starts, with the user's name as input. */
  readonly stateMachine: IStateMachine;

  /** The secrets. Each must exist before its user's schedule does. */
  readonly secrets: RotatedSecrets;

  /** Gets starts that Step Functions would not accept. */
  readonly deadLetterQueue: IQueue;

  /** Name of the schedule group: at most 64 letters, digits and `._-`. */
  readonly scheduleGroupName: string;
}

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

  constructor(scope: Construct, id: string, props: RotationSchedulesProps) {
    super(scope, id);
    const scheduleGroup = new ScheduleGroup(this, 'Group', { scheduleGroupName: props.scheduleGroupName });
    this.group = scheduleGroup;
    const role = new Role(this, 'Role', {
      description: 'Starts IAM access key rotations',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Aws.ACCOUNT_ID,
            'aws:SourceArn': scheduleGroup.scheduleGroupArn,
          },
        },
      }),
    });

    for (const user of props.users) {
      const schedule = new Schedule(this, constructId(this, user.userName), {
        scheduleName: scheduleName(user.userName),
        scheduleGroup,
        description: `Asks whether a rotation of the access key of ${user.userName} is due`,
        schedule: ScheduleExpression.expression(user.schedule, TimeZone.of(user.timeZone)),
        timeWindow: TimeWindow.flexible(Duration.seconds(FLEXIBLE_WINDOW_SECONDS)),
        target: new StepFunctionsStartExecution(props.stateMachine, {
          role,
          input: ScheduleTargetInput.fromObject({ userName: user.userName, trigger: 'schedule' }),
          // A start that is hours late is of no use: the next occurrence asks again.
          retryAttempts: 10,
          maxEventAge: Duration.hours(2),
          deadLetterQueue: props.deadLetterQueue,
        }),
      });
      // The group is referred to by its name, so CloudFormation does not know the order.
      schedule.node.addDependency(scheduleGroup, role);
      if (!user.secretExists) schedule.node.addDependency(...props.secrets.created);
    }
  }
}
