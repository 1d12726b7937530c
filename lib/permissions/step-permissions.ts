import type { StepName } from '../../lambdas/shared/contract/steps';

/**
 * Which values of a secret. `current`: what AWSCURRENT holds, by that label. `intents`: what is in a version whose ID is an
 * intent's, which is never key material. `any`: by any version ID, the key that has not been tested and the one before included.
 */
export type Reads = 'current' | 'intents' | 'any';

/** The actions of a step, by what they act on. */
export interface StepPermissions {
  /** On the enrolled IAM users. */
  readonly users: readonly `iam:${string}`[];
  /** On the enrolled users whose `ownershipMark` is on, and on the tag alone that names the secret which a user belongs to. */
  readonly ownershipTag?: readonly `iam:${string}`[];
  /** On the enrolled users' secrets, besides reading values. */
  readonly secrets: readonly `secretsmanager:${string}`[];
  /** Which values of the enrolled users' secrets it may read. */
  readonly reads: Reads;
  /** On this state machine's executions, past ones included. */
  readonly executions: readonly `states:${string}`[];
  /** On the executions in which emergencies are declared. */
  readonly declarations?: readonly `states:${string}`[];
  /** On the alarms that the configuration names as the consumers' health. */
  readonly healthAlarms?: readonly `cloudwatch:${string}`[];
  /** On the functions that the configuration names as the owners' validators. */
  readonly validators?: readonly `lambda:${string}`[];
  /** On CloudTrail's event history, which has no narrower resource: who created this key? */
  readonly auditTrail?: readonly `cloudtrail:${string}`[];
}

/** How alarms are, and whether they have gone off since. */
const WATCH = ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory'] as const;

/**
 * Of every step: is the execution that the event names running, and in the state of this step? And of those that take a lock
 * over: is the execution that held it over?
 */
const LOOK_AT_EXECUTIONS = ['states:DescribeExecution', 'states:GetExecutionHistory'] as const;

/**
 * All that a step may do in AWS, besides writing its own log. Testing a new key needs no permission of the step:
 * it is tested with the key itself, by sts:GetCallerIdentity, which AWS allows everybody.
 */
export const STEP_PERMISSIONS: Readonly<Record<StepName, StepPermissions>> = {
  'plan-rotation': {
    users: ['iam:GetUser', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
    declarations: ['states:DescribeExecution'],
    healthAlarms: ['cloudwatch:DescribeAlarms'],
    // It answers with a number, and fails where there is no function.
    validators: ['lambda:GetFunctionConcurrency'],
  },
  'stop-execution': {
    users: [],
    secrets: ['secretsmanager:DescribeSecret'],
    reads: 'intents',
    executions: [...LOOK_AT_EXECUTIONS, 'states:StopExecution'],
  },
  'create-access-key': {
    users: [
      'iam:GetUser',
      'iam:ListAccessKeys',
      'iam:CreateAccessKey',
      'iam:UpdateAccessKey',
      'iam:DeleteAccessKey',
    ],
    ownershipTag: ['iam:TagUser'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
    auditTrail: ['cloudtrail:LookupEvents'],
  },
  'test-access-key': {
    users: ['iam:ListAccessKeys', 'iam:DeleteAccessKey'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:UpdateSecretVersionStage'],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
  },
  'publish-access-key': {
    users: ['iam:ListAccessKeys'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
  },
  'confirm-adoption': {
    users: ['iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
    secrets: ['secretsmanager:DescribeSecret'],
    reads: 'current',
    executions: LOOK_AT_EXECUTIONS,
    healthAlarms: WATCH,
  },
  'deactivate-access-key': {
    users: ['iam:ListAccessKeys', 'iam:UpdateAccessKey'],
    secrets: ['secretsmanager:DescribeSecret'],
    reads: 'current',
    executions: LOOK_AT_EXECUTIONS,
    healthAlarms: WATCH,
  },
  'confirm-health': {
    users: ['iam:ListAccessKeys'],
    secrets: ['secretsmanager:DescribeSecret'],
    reads: 'current',
    executions: LOOK_AT_EXECUTIONS,
    healthAlarms: WATCH,
  },
  'reactivate-access-key': {
    users: ['iam:ListAccessKeys', 'iam:UpdateAccessKey'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
  },
  'delete-access-key': {
    users: ['iam:ListAccessKeys', 'iam:DeleteAccessKey'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
    healthAlarms: WATCH,
    auditTrail: ['cloudtrail:LookupEvents'],
  },
};
