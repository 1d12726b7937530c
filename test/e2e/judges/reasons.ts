import { STEP_NAMES, stepPlaceholder } from '../../../lambdas/shared/contract/steps';
import type { Reason } from './verdict';

/*
 * Why findings of the judges are left, when everything is switched on. A finding without a reason fails, and so does a
 * reason without a finding. What AwsSolutions finds has its reason beside the resource, in lib: the app is not
 * synthesized without.
 */

export const CFN_LINT: readonly Reason[] = [
  {
    rules: ['W3005'],
    on: ['AWS::Lambda::Function', 'AWS::Scheduler::Schedule', 'AWS::StepFunctions::StateMachine'],
    because:
      'What uses a role waits for the policies of the role, too. The CDK writes down both, and only the policies are needed.',
  },
];

/** The rule in the packs that have it. */
const inPacks = (rule: string, ...packs: readonly string[]): readonly string[] =>
  packs.map((pack) => `${pack}-${rule}`);

const HIPAA = 'HIPAA.Security';
const NIST = 'NIST.800.53.R5';
const PCI = 'PCI.DSS.321';

export const NAG: readonly Reason[] = [
  {
    rules: inPacks('SNSEncryptedKMS', HIPAA, NIST, PCI),
    on: ['AWS::SNS::Topic'],
    because:
      'Messages have names of users, IDs of keys and places, and no secret. CloudWatch cannot publish to a topic that is encrypted with aws/sns (SNS Developer Guide, Managing Amazon SNS encryption keys and costs), so it would have to be a key of the owner.',
  },
  {
    rules: inPacks('CloudWatchLogGroupEncrypted', HIPAA, NIST, PCI),
    on: ['AWS::Logs::LogGroup'],
    because:
      'CloudWatch Logs encrypts every log group by itself. Logs have no secret, and the last four characters of an access key ID.',
  },
  {
    rules: inPacks('IAMNoInlinePolicy', HIPAA, NIST, PCI),
    on: ['AWS::IAM::Policy'],
    because:
      'A policy of one role, for one purpose, is gone with it, and nobody else can be given it. What several roles share is in managed policies.',
  },
  {
    rules: inPacks('LambdaInsideVPC', HIPAA, NIST, PCI),
    on: ['AWS::Lambda::Function'],
    because:
      'The functions call public APIs of AWS and nothing else, and nothing can connect to them. A VPC would need a way to IAM, which has an endpoint only in the Region of its control plane (IAM User Guide, Create a VPC endpoint for IAM).',
  },
  {
    rules: inPacks('LambdaConcurrency', HIPAA, NIST),
    on: ['AWS::Lambda::Function'],
    because:
      'A user has one rotation at a time, in which one function runs at a time. What is reserved is taken from all other functions of the account; what is throttled is tried again.',
  },
  {
    rules: inPacks('LambdaDLQ', HIPAA, NIST),
    on: ['AWS::Lambda::Function'],
    because:
      'Step Functions waits for the answer of a step, and CloudFormation for that of a function of the deployment. What tells of untold ends has the queue as its destination on failure. A survey that failed for good is told by the alarm NoHeartbeat.',
  },
  {
    rules: inPacks('CloudWatchAlarmAction', HIPAA, NIST),
    on: ['AWS::CloudWatch::Alarm'],
    because:
      'A message of its own tells what such an alarm shows, and two would teach people to read neither.',
  },
];

/** The names of the roles of steps, as the judge is told them. */
const rolesOf = (...steps: readonly (typeof STEP_NAMES)[number][]): readonly string[] =>
  steps.map((step) => `Steps${stepPlaceholder(step)}Role`);

export const CLOUDSPLAINING: readonly Reason[] = [
  {
    rules: ['data exfiltration: secretsmanager:GetSecretValue'],
    on: rolesOf(...STEP_NAMES),
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
    on: ['SecretsReadersofsecretsRole'],
    because:
      'Writes who may read a secret, as the configuration says, at deployment; AWS refuses a policy that lets the public in (BlockPublicPolicy).',
  },
];
