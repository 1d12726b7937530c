import { Aws } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { emergencyMachineName, PAUSE_TAG } from '../../lambdas/shared/contract/names';
import type { DeploymentSettings, RotatedUser } from '../config';
import { receiverKeyGrants } from './key-permissions';
import {
  alarmArn,
  createdSecretsArns,
  executionsArn,
  schedulesArn,
  secretsOf,
  userArn,
} from './resource-arns';
import { type Condition, type Grant, grantShared } from './role-policies';
import { acknowledgeWildcard, PATH_REASON } from './wildcard';

/** The properties of {@link PeoplePolicies}. */
export interface PeoplePoliciesProps {
  /** The enrolled users. */
  readonly users: readonly RotatedUser[];

  /** The state machine of the rotations. */
  readonly rotation: StateMachine;

  /** Its physical name, from which the name of the other one is made. */
  readonly rotationName: string;

  /** The state machine in which emergencies are declared. */
  readonly emergency: StateMachine;

  /** The alarms of the stack. */
  readonly alarms: readonly IAlarm[];

  /** Where the steps and the state machines write their logs. */
  readonly logGroups: readonly ILogGroup[];

  /** Where messages to people are published. */
  readonly notificationTopic: ITopic;

  /** Keeps starts and messages that could not be delivered. */
  readonly deadLetterQueue: IQueue;

  /** Name of the group of schedules. */
  readonly scheduleGroupName: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** The tag that pauses a user, and no other. */
const ONLY_THE_PAUSE: readonly Condition[] = [
  { operator: 'ForAllValues:StringEquals', key: 'aws:TagKeys', values: [PAUSE_TAG] },
  { operator: 'Null', key: 'aws:TagKeys', values: ['false'] },
];

/**
 * Managed policies for people. The stack attaches them to no one. None of them gives key material, and none
 * changes a key except through a rotation.
 *
 * - _Reader of the state_: what the first look of the runbook needs.
 * - _Operator_: starts, plans, resumes, rolls back and stops rotations, and pauses users.
 * - _Emergency_: declares that a key has leaked, which deactivates it even if it is in use.
 */
export class PeoplePolicies extends Construct {
  /**
   * The policies by purpose. Many users need more than one policy: all policies of a purpose are attached
   * together.
   */
  readonly policies: Readonly<Record<'reader' | 'operator' | 'emergency', readonly ManagedPolicy[]>>;

  constructor(scope: Construct, id: string, props: PeoplePoliciesProps) {
    super(scope, id);
    this.policies = {
      reader: [
        ...this.policiesFor('Reader', props, readerGrants(props)),
        // Only CloudFormation knows the names of log groups: two policies have room for so many references,
        // one has not.
        ...this.policiesFor('LogReader', props, logReaderGrants(props)),
      ],
      operator: this.policiesFor('Operator', props, operatorGrants(props)),
      emergency: this.policiesFor('Emergency', props, emergencyGrants(props)),
    };
  }

  private policiesFor(
    purpose: string,
    { users, rotationName, scheduleGroupName, deployment }: PeoplePoliciesProps,
    grants: readonly Grant[],
  ): readonly ManagedPolicy[] {
    const policies = grantShared(this, purpose, [], grants, deployment);
    for (const policy of policies) {
      for (const machine of [rotationName, emergencyMachineName(rotationName)]) {
        acknowledgeWildcard(
          policy,
          executionsArn(machine),
          'The executions of the state machine, whose names are not known beforehand.',
        );
      }
      acknowledgeWildcard(
        policy,
        schedulesArn(scheduleGroupName),
        'The schedules of this stack, which has a group of its own. The action only reads.',
      );
      for (const secrets of createdSecretsArns(users)) {
        acknowledgeWildcard(
          policy,
          secrets,
          'The secrets that stacks of this kind create. It grants only their descriptions and one tag.',
        );
      }
      for (const user of users.filter(({ path }) => path !== '/')) {
        acknowledgeWildcard(policy, userArn(user), PATH_REASON);
      }
    }
    return policies;
  }
}

const lookAtExecutions = ({ rotationName }: PeoplePoliciesProps): Grant => ({
  actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
  resources: [executionsArn(rotationName), executionsArn(emergencyMachineName(rotationName))],
});

const readerGrants = (props: PeoplePoliciesProps): readonly Grant[] => {
  const { users, rotation, emergency, alarms, notificationTopic, deadLetterQueue } = props;
  const healthAlarms = new Set(users.flatMap((user) => user.healthAlarms));
  return [
    {
      actions: ['states:DescribeStateMachine', 'states:ListExecutions'],
      resources: [rotation.stateMachineArn, emergency.stateMachineArn],
    },
    lookAtExecutions(props),
    {
      actions: ['iam:GetUser', 'iam:ListUserTags', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
      resources: users.map(userArn),
    },
    { actions: ['secretsmanager:DescribeSecret'], resources: secretsOf(users) },
    {
      actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory'],
      resources: [...alarms.map((alarm) => alarm.alarmArn), ...[...healthAlarms].map(alarmArn)],
    },
    {
      actions: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'],
      resources: [notificationTopic.topicArn],
    },
    { actions: ['sqs:GetQueueAttributes'], resources: [deadLetterQueue.queueArn] },
    { actions: ['scheduler:GetSchedule'], resources: [schedulesArn(props.scheduleGroupName)] },
    {
      actions: ['cloudformation:DescribeStacks', 'cloudformation:ListStackResources'],
      resources: [Aws.STACK_ID],
    },
  ];
};

const logReaderGrants = ({ logGroups }: PeoplePoliciesProps): readonly Grant[] => [
  {
    actions: ['logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:DescribeLogStreams'],
    resources: logGroups.map(({ logGroupArn }) => logGroupArn),
  },
];

const operatorGrants = ({
  users,
  rotation,
  rotationName,
  deadLetterQueue,
  deployment,
}: PeoplePoliciesProps): readonly Grant[] => [
  { actions: ['states:StartExecution'], resources: [rotation.stateMachineArn] },
  { actions: ['states:StopExecution'], resources: [executionsArn(rotationName)] },
  {
    actions: ['secretsmanager:TagResource', 'secretsmanager:UntagResource'],
    resources: secretsOf(users),
    conditions: ONLY_THE_PAUSE,
  },
  { actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], resources: [deadLetterQueue.queueArn] },
  ...receiverKeyGrants(deployment),
];

const emergencyGrants = (props: PeoplePoliciesProps): readonly Grant[] => [
  { actions: ['states:StartExecution'], resources: [props.emergency.stateMachineArn] },
  // To follow the declaration.
  lookAtExecutions(props),
];
