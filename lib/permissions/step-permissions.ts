import type { StepName } from '../../lambdas/shared/contract/steps';

/**
 * Which values of a secret a step may read.
 *
 * - `current`: the value that AWSCURRENT holds, by that label.
 * - `intents`: versions whose ID is an intent's. They never hold key material.
 * - `none`: none.
 * - `any`: by any version ID, including the untested key and the previous one.
 */
export type Reads = 'none' | 'current' | 'intents' | 'any';

/** The actions of a step, by resource. */
export interface StepPermissions {
  /** On the enrolled IAM users. */
  readonly users: readonly `iam:${string}`[];
  /** On enrolled users whose `ownershipMark` is on, and only on the tag that names the user's secret. */
  readonly ownershipTag?: readonly `iam:${string}`[];
  /** On the enrolled users' secrets, besides reading values. */
  readonly secrets: readonly `secretsmanager:${string}`[];
  /** Which values of the enrolled users' secrets it may read. */
  readonly reads: Reads;
  /** On this state machine's executions, past ones included. */
  readonly executions: readonly `states:${string}`[];
  /** On this state machine itself. */
  readonly stateMachine?: readonly `states:${string}`[];
  /** On the executions in which emergencies are declared. */
  readonly declarations?: readonly `states:${string}`[];
  /** On the alarms that the configuration names as the consumers' health. */
  readonly healthAlarms?: readonly `cloudwatch:${string}`[];
  /** On the functions that the configuration names as the owners' validators. */
  readonly validators?: readonly `lambda:${string}`[];
  /** On CloudTrail's event history, which has no narrower resource: who created this key, and what did a leaked one do? */
  readonly auditTrail?: readonly `cloudtrail:${string}`[];
  /** On this account: which Regions does it have? */
  readonly account?: readonly `account:${string}`[];
}

/** The present state of alarms, and whether they have gone off since. */
const WATCH = ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory'] as const;

/**
 * Every step asks: is the execution that the event names running, and in the state of this step? Steps that
 * take a lock over also ask: is the execution that held it over?
 */
const LOOK_AT_EXECUTIONS = ['states:DescribeExecution', 'states:GetExecutionHistory'] as const;

/**
 * Everything that a step may do in AWS, besides writing its own log. Testing a new key needs no permission of
 * the step: the test uses the key itself and calls sts:GetCallerIdentity, which AWS allows to every caller.
 */
export const STEP_PERMISSIONS: Readonly<Record<StepName, StepPermissions>> = {
  'plan-rotation': {
    users: ['iam:GetUser', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
    reads: 'any',
    executions: LOOK_AT_EXECUTIONS,
    // Which of its executions waits after a notice.
    stateMachine: ['states:ListExecutions'],
    declarations: ['states:DescribeExecution'],
    healthAlarms: ['cloudwatch:DescribeAlarms'],
    // It answers with a number, and fails if there is no such function.
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
      'iam:GetAccessKeyLastUsed',
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
  'trace-leaked-key': {
    users: ['iam:ListAttachedUserPolicies'],
    secrets: [],
    reads: 'none',
    executions: LOOK_AT_EXECUTIONS,
    auditTrail: ['cloudtrail:LookupEvents'],
    account: ['account:ListRegions'],
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
