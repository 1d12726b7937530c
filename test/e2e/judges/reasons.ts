import { STEP_NAMES, stepPlaceholder } from '../../../lambdas/shared/contract/steps';
import { STEP_PERMISSIONS } from '../../../lib/permissions/step-permissions';
import type { Reason } from './verdict';

/*
 * Why findings of the judges are left, when everything is switched on. A finding without a reason fails, and so does a
 * reason without a finding. What AwsSolutions finds has its reason beside the resource, in lib: the app is not
 * synthesized without.
 */

export const CFN_LINT: readonly Reason[] = [];

/** The rule in the packs that have it. */
const inPacks = (rule: string, ...packs: readonly string[]): readonly string[] =>
  packs.map((pack) => `${pack}-${rule}`);

const HIPAA = 'HIPAA.Security';
const NIST = 'NIST.800.53.R5';

export const NAG: readonly Reason[] = [
  {
    rules: inPacks('LambdaDLQ', HIPAA, NIST),
    on: ['AWS::Lambda::Function'],
    because:
      'Step Functions waits for the answer of a step, and CloudFormation for that of a function of the deployment. What tells of untold ends, and what answers exposed keys, has the queue as its destination on failure. A survey that failed for good is told by the alarm NoHeartbeat.',
  },
];

/** The names of the roles of steps, as the judge is told them. */
const rolesOf = (...steps: readonly (typeof STEP_NAMES)[number][]): readonly string[] =>
  steps.map((step) => `Steps${stepPlaceholder(step)}Role`);

export const CLOUDSPLAINING: readonly Reason[] = [
  {
    rules: ['data exfiltration: secretsmanager:GetSecretValue'],
    on: rolesOf(...STEP_NAMES.filter((step) => STEP_PERMISSIONS[step].reads !== 'none')),
    because:
      'The secrets of the enrolled users, by name; a step that can do with less reads intents or AWSCURRENT only. That the key is in the secret is what each step has to prove.',
  },
  {
    rules: [
      'privilege escalation: CreateAccessKey',
      'credentials exposure: iam:CreateAccessKey',
      'resource exposure: iam:CreateAccessKey',
    ],
    on: rolesOf('create-access-key'),
    because: 'It is what the step is for: one step, and the enrolled users only.',
  },
  {
    rules: ['privilege escalation: CreateAndRotateAccessKey'],
    on: rolesOf('create-access-key'),
    because:
      'To create and to delete: the step deletes a key that an earlier execution created and could not store, because a user has two keys at most.',
  },
  {
    rules: ['credentials exposure: iam:UpdateAccessKey', 'resource exposure: iam:UpdateAccessKey'],
    on: rolesOf('create-access-key', 'deactivate-access-key', 'reactivate-access-key'),
    because:
      'Sets keys of the enrolled users Inactive and Active, and returns nothing: the old key at the end, a leaked or orphaned one at once.',
  },
  {
    rules: ['resource exposure: iam:DeleteAccessKey'],
    on: rolesOf('create-access-key', 'test-access-key', 'delete-access-key'),
    because:
      'Keys of the enrolled users. IAM cannot narrow it to single keys: the first two delete only what was never published.',
  },
  {
    rules: ['resource exposure: secretsmanager:PutResourcePolicy'],
    on: ['SecretsPoliciesofsecretsRole'],
    because:
      'Writes who may read a secret, and who is denied, as the configuration says, at deployment; AWS refuses a policy that lets the public in (BlockPublicPolicy).',
  },
];
