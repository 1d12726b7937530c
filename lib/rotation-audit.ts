import { Duration, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ENROLMENT_FILE } from '../lambdas/shared/contract/enrolment-file';
import { emergencyMachineName } from '../lambdas/shared/contract/names';
import { RECORD_FOLDER, recordFileOf } from '../lambdas/shared/contract/recorded';
import { RECORD_QUERIES, SECRET_READS, secretReadsQuery } from './audit-queries';
import type { DeploymentSettings, RotatedUser } from './config';
import { addLogGroup } from './functions/log-group';
import {
  addFunction,
  addFunctionRole,
  deadLetterGrants,
  type ServiceFunction,
  triedAgain,
} from './functions/service-function';
import { executionsArn } from './permissions/resource-arns';
import { acknowledgeWildcard } from './permissions/wildcard';

/** How long EventBridge, and then Lambda, try to hand an event on. Later it lies in the dead-letter queue. */
const MAX_EVENT_AGE = Duration.hours(6);

/** A history of 25,000 events is read in a few seconds; a throttled call to CloudTrail is tried again. */
const TIMEOUT_SECONDS = 180;

/** The properties of {@link RotationAudit}. */
export interface RotationAuditProps {
  /** The enrolled users. */
  readonly users: readonly RotatedUser[];

  /** Physical name of the state machine of the rotations. */
  readonly rotationName: string;

  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared. */
  readonly emergency: StateMachine;

  /** The role with which schedules start rotations. */
  readonly schedulerRole: IRole;

  /** The roles of the service that read secrets, and whose reads nobody wants to see. */
  readonly readingRoles: readonly IRole[];

  /** Keeps events of which no record could be written. */
  readonly deadLetterQueue: IQueue;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/**
 * The record for auditors: one of each execution of a rotation, and of each declaration of an emergency, when it has ended, however that
 * was. A rule selects all ends, and a function makes the record of what Step Functions and CloudTrail show. The state machines know
 * nothing of it, so that no rotation can fail for want of a record, and one that was stopped has one, too.
 */
export class RotationAudit extends Construct {
  /**
   * Has the records, in a stream for each IAM user. It is kept for `deployment.auditRetentionDays`. Nothing else writes to it.
   */
  readonly auditLogGroup: ILogGroup;

  /** Where the function logs. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: RotationAuditProps) {
    super(scope, id);
    const { stateMachine, emergency, deadLetterQueue, deployment } = props;
    this.auditLogGroup = addLogGroup(this, 'Records', deployment, {
      retentionDays: deployment.auditRetentionDays,
    });
    const { function: recorder, logGroup } = this.recorder(props);
    this.logGroup = logGroup;
    new Rule(this, 'EveryEnd', {
      description:
        'Records each execution of a rotation, and each declaration of an emergency, that has ended',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachine.stateMachineArn, emergency.stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [
        new LambdaFunction(recorder, { deadLetterQueue, retryAttempts: 10, maxEventAge: MAX_EVENT_AGE }),
      ],
    });
    this.saveQueries(props);
  }

  /** The function that writes records. */
  private recorder(props: RotationAuditProps): ServiceFunction {
    const { users, rotationName, stateMachine, emergency, schedulerRole, deadLetterQueue, deployment } =
      props;
    const description = 'Records executions of IAM access key rotations that have ended';
    const executions = [rotationName, emergencyMachineName(rotationName)].map(executionsArn);
    const role = addFunctionRole(this, 'Role', { description, deployment });
    for (const arn of executions) {
      acknowledgeWildcard(
        role,
        arn,
        'The executions of the state machine, whose names are not known beforehand. The actions only read.',
      );
    }
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'cloudtrail:LookupEvents knows no resources. It only reads, and this function looks up who started an execution.',
    });
    return addFunction(this, {
      folder: RECORD_FOLDER,
      description,
      role,
      deployment,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: [
        {
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.auditLogGroup.logGroupArn],
        },
        { actions: ['states:DescribeExecution', 'states:GetExecutionHistory'], resources: executions },
        // Service Authorization Reference, CloudTrail: it knows no resources, and no condition that would narrow it.
        { actions: ['cloudtrail:LookupEvents'], resources: ['*'] },
        ...deadLetterGrants(deadLetterQueue, deployment),
      ],
      files: { [ENROLMENT_FILE]: JSON.stringify(recordFileOf(users), undefined, 2) },
      environment: {
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        AUDIT_LOG_GROUP: this.auditLogGroup.logGroupName,
        SCHEDULER_ROLE_ARN: schedulerRole.roleArn,
        EMERGENCY_ROLE_ARN: emergency.role.roleArn,
      },
      asynchronous: triedAgain(deadLetterQueue, MAX_EVENT_AGE),
    });
  }

  /** Queries that people find in Logs Insights, in a folder that is called after the state machine. */
  private saveQueries({ rotationName, readingRoles, deployment }: RotationAuditProps): void {
    const save = (id: string, name: string, queryString: string, logGroupNames?: string[]): void => {
      new CfnQueryDefinition(this, id, {
        name: `${rotationName}/${name}`,
        queryString,
        ...(logGroupNames !== undefined && { logGroupNames }),
      });
    };
    for (const [index, [name, query]] of Object.entries(RECORD_QUERIES).entries()) {
      save(`Query${index + 1}`, name, query, [this.auditLogGroup.logGroupName]);
    }
    const { trailLogGroupName } = deployment;
    save(
      'SecretReads',
      SECRET_READS,
      secretReadsQuery(readingRoles.map(({ roleArn }) => roleArn)),
      trailLogGroupName === undefined ? undefined : [trailLogGroupName],
    );
  }
}
