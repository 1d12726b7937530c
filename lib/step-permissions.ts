import type { StepName } from '../lambdas/shared/steps';

/** The actions of a step, by what they act on. */
export interface StepPermissions {
  /** On the enrolled IAM users. */
  readonly users: readonly `iam:${string}`[];
  /** On the enrolled users whose `ownershipMark` is on, and on the tag alone that names the secret which a user belongs to. */
  readonly ownershipTag?: readonly `iam:${string}`[];
  /** On the enrolled users' secrets. */
  readonly secrets: readonly `secretsmanager:${string}`[];
  /** On this state machine's executions, past ones included: is the holder of a lock still running? */
  readonly executions?: readonly `states:${string}`[];
  /** On the alarms that the configuration names as the consumers' health. */
  readonly healthAlarms?: readonly `cloudwatch:${string}`[];
  /** On CloudTrail's event history, which has no narrower resource: who created this key? */
  readonly auditTrail?: readonly `cloudtrail:${string}`[];
}

/** How alarms are, and whether they have gone off since. */
const WATCH = ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory'] as const;

/**
 * All that a step may do in AWS, besides writing its own log. Testing a new key needs no permission of the step:
 * it is tested with the key itself, by sts:GetCallerIdentity, which AWS allows everybody.
 */
export const STEP_PERMISSIONS: Readonly<Record<StepName, StepPermissions>> = {
  'plan-rotation': {
    users: ['iam:GetUser', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    executions: ['states:DescribeExecution'],
    healthAlarms: ['cloudwatch:DescribeAlarms'],
  },
  'stop-execution': {
    users: [],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    executions: ['states:DescribeExecution', 'states:StopExecution'],
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
      'secretsmanager:GetSecretValue',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    executions: ['states:DescribeExecution'],
    auditTrail: ['cloudtrail:LookupEvents'],
  },
  'test-access-key': {
    users: ['iam:ListAccessKeys', 'iam:DeleteAccessKey'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  },
  'publish-access-key': {
    users: ['iam:ListAccessKeys'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  },
  'confirm-adoption': {
    users: ['iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    healthAlarms: WATCH,
  },
  'deactivate-access-key': {
    users: ['iam:ListAccessKeys', 'iam:UpdateAccessKey'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    healthAlarms: WATCH,
  },
  'confirm-health': {
    users: ['iam:ListAccessKeys'],
    secrets: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    healthAlarms: WATCH,
  },
  'reactivate-access-key': {
    users: ['iam:ListAccessKeys', 'iam:UpdateAccessKey'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  },
  'delete-access-key': {
    users: ['iam:ListAccessKeys', 'iam:DeleteAccessKey'],
    secrets: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    healthAlarms: WATCH,
    auditTrail: ['cloudtrail:LookupEvents'],
  },
};
