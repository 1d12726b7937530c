import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from '../../../embedded-aws/calls/call-log';
import { type Denial, denialMessage } from '../../../embedded-aws/calls/denial';
import type { FaultInjection } from '../../../embedded-aws/calls/faults';
import { ERROR_NAMES } from '../../../lambdas/shared/contract/errors';
import { STEP_NAMES, type StepName } from '../../../lambdas/shared/contract/steps';
import { STEP_PERMISSIONS } from '../../../lib/permissions/step-permissions';
import { simulate } from '../../../simulation/play/simulate';
import { numbered } from '../../../simulation/schedule/position';
import { type NamedFault, SHAPES, type ShapeName } from '../../../simulation/schedule/schedule';

/** A call of a step that AWS may deny. */
export interface Right {
  readonly step: StepName;
  /** The IAM action. */
  readonly action: string;
}

/** Every right of every step: a new one is tried automatically. */
export const RIGHTS: readonly Right[] = STEP_NAMES.flatMap((step) => {
  const { reads, ...others } = STEP_PERMISSIONS[step];
  const actions: readonly string[] = [
    ...Object.values(others).flat(),
    ...(reads === 'none' ? [] : ['secretsmanager:GetSecretValue']),
  ];
  return actions.map((action) => ({ step, action }));
});

const VALUES = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];

/** A kind of denial, and what the message to a person has to say. */
interface Kind {
  readonly name: string;
  /** Whether AWS can deny this action in this way. Default: any. */
  readonly concerns?: (action: string) => boolean;
  readonly fault: Extract<FaultInjection, { kind: 'deny' | 'error' }>;
  readonly error: 'PermissionDenied' | 'KmsKeyNotUsable';
  readonly told: RegExp;
}

const policy = (by: Exclude<Denial['by'], 'KMS key'>, explicit: boolean, told: RegExp): Kind => ({
  name: `${explicit ? 'denied' : 'not allowed'} by the ${by}`,
  fault: { kind: 'deny', denial: { by, explicit } },
  error: 'PermissionDenied',
  told,
});

/** The ways in which AWS denies. */
export const KINDS: readonly Kind[] = [
  // Another path of the user, or another secret: its ARN is not among those that the role may act on.
  policy(
    'identity-based policy',
    false,
    /own policies do not allow it[\s\S]*path, existingSecret and kmsKeyArn/,
  ),
  policy('identity-based policy', true, /own policies do not allow it, or deny it/),
  policy('service control policy', true, /A policy of the organization/),
  policy('service control policy', false, /A policy of the organization/),
  policy('resource control policy', true, /A policy of the organization/),
  policy('permissions boundary', false, /permissions boundary stands in the way/),
  policy('permissions boundary', true, /permissions boundary stands in the way/),
  policy('VPC endpoint policy', false, /policy of a VPC endpoint/),
  {
    ...policy('resource-based policy', true, /for a secret its resource policy/),
    concerns: (action) => action.startsWith('secretsmanager:'),
  },
  {
    name: 'denied by the key policy',
    concerns: (action) => VALUES.includes(action),
    fault: { kind: 'deny', denial: { by: 'KMS key' } },
    error: 'PermissionDenied',
    told: /Access to KMS is not allowed\.[\s\S]*The KMS key of the secret may not be used/,
  },
  {
    name: 'not decrypted, because the key is disabled',
    concerns: (action) => action === 'secretsmanager:GetSecretValue',
    fault: { kind: 'error', code: 'DecryptionFailure', status: 400, message: 'The key is disabled.' },
    error: 'KmsKeyNotUsable',
    told: /DecryptionFailure: The key is disabled\.\nIt may be disabled/,
  },
  {
    name: 'not encrypted, because the key is disabled',
    concerns: (action) => action === 'secretsmanager:PutSecretValue',
    fault: { kind: 'error', code: 'EncryptionFailure', status: 400, message: 'The key is disabled.' },
    error: 'KmsKeyNotUsable',
    told: /EncryptionFailure: The key is disabled\.\nIt may be disabled/,
  },
];

/** The kinds of denial that can apply to a right. */
export const kindsOf = ({ action }: Right): readonly Kind[] =>
  KINDS.filter(({ concerns }) => concerns?.(action) !== false);

/**
 * Calls that only report something, or that are made only after a crash: their denial ends no rotation, or is
 * never noticed.
 */
const NOT_ESSENTIAL: readonly string[] = [
  // Used for messages about the effects of a plan or an emergency; it decides nothing.
  'plan-rotation iam:GetAccessKeyLastUsed',
  'create-access-key iam:GetAccessKeyLastUsed',
  'plan-rotation cloudwatch:DescribeAlarms',
];

/** A rollback is retried for fifty minutes; a longer denial is not covered. */
const ROLLBACK_DENIED_MS = 30 * 60_000;

/** The result of a denial. */
export interface Denied {
  readonly struck: number;
  readonly violations: readonly unknown[];
  readonly end: string;
  /** Errors of the executions that failed while the call was denied. */
  readonly failures: readonly { readonly error: string; readonly cause: string }[];
  /** Sections of the runbook that messages named. */
  readonly sections: readonly string[];
}

/** A situation in which a right is used. */
export interface Situation {
  readonly shape: ShapeName;
  /** What else has to go wrong. */
  readonly faults?: readonly NamedFault[];
  /** AWS refuses a new key until the call is made, which follows from that. */
  readonly refusesNewKey?: true;
}

const NEVER_ACCEPTED_MS = 900_000;

/** Plays a situation in which a step's call is denied from its nth time on, to the end. */
export const playDenied = async (
  { step, action }: Right,
  { fault }: Kind,
  { shape, faults = [], refusesNewKey }: Situation,
  nth: number,
): Promise<Denied> => {
  const { schedule } = await numbered({ shape, seed: 1, faults }, simulate);
  let struck = 0;
  let seen = 0;
  let until = Number.POSITIVE_INFINITY;
  const failures: { error: string; cause: string }[] = [];
  const sections: string[] = [];
  const { violations, end } = await simulate(schedule, {
    onStage: ({ world }) => {
      const { keyPropagationDelay } = world.aws.behaviour;
      if (refusesNewKey) world.aws.behaviour.keyPropagationDelay = NEVER_ACCEPTED_MS;
      world.aws.faults.inject({
        ...fault,
        times: Number.POSITIVE_INFINITY,
        match: (call: Call) => {
          if (call.action !== action || !call.caller.endsWith(`-${step}`)) return false;
          seen += 1;
          world.aws.behaviour.keyPropagationDelay = keyPropagationDelay;
          const at = call.at.getTime();
          if (seen < nth || at >= until) return false;
          if (step === 'reactivate-access-key' && struck === 0) until = at + ROLLBACK_DENIED_MS;
          struck += 1;
          return true;
        },
      });
    },
    inspect: ({ aws }, executions) => {
      for (const { history } of executions) {
        const last: Readonly<Record<string, unknown>> = history.at(-1) ?? {};
        if (last.Error !== undefined) failures.push({ error: String(last.Error), cause: String(last.Cause) });
      }
      for (const { message } of aws.sns.messages) {
        const section = /What to do: docs\/runbook\.md, Errors, (.+)$/.exec(message)?.[1];
        if (section !== undefined) sections.push(section);
      }
    },
  });
  return { struck, violations, end, failures, sections };
};

const HEADINGS = [
  ...readFileSync(join(__dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8').matchAll(/^### (.+)$/gm),
].map(([, heading]) => heading);

/** The end of situations in which something that a person did before prevents the rotation. */
const ENDS: Readonly<Partial<Record<ShapeName, string>>> = { 'leaked-beside-foreign': 'AccessKeyConflict' };

/** The faults of a denial's result; normally none. */
export const complaints = (
  right: Right,
  kind: Kind,
  { shape, faults = [] }: Situation,
  { violations, end, failures, sections }: Denied,
): readonly unknown[] => {
  const wrong: unknown[] = [...violations];
  // After a person's act a named error is an answer.
  const expected = faults.some((fault) => fault.kind === 'person')
    ? ['converged', ...ERROR_NAMES]
    : [ENDS[shape] ?? 'converged'];
  if (!expected.includes(end)) wrong.push(`the next start ends in ${end}`);
  for (const { error } of failures) {
    if (!ERROR_NAMES.some((name) => name === error)) wrong.push(`an execution ends in ${error}`);
  }
  for (const section of sections) {
    if (!HEADINGS.includes(section)) wrong.push(`the runbook has no section ${section}`);
  }
  const told = failures.filter(({ error }) => error === kind.error);
  for (const { cause } of told) {
    const says = [
      kind.told,
      /^alice, account \d+, /,
      /\n\nKEYS\n/,
      /start a new execution/,
      new RegExp(`\\nStep: ${right.step}$`),
    ];
    for (const pattern of says) if (!pattern.test(cause)) wrong.push(`${pattern} is not in: ${cause}`);
  }
  return wrong;
};

const at = (by: StepName, call: `${'iam' | 'secretsmanager'}:${string}`) => ({ call, by, nth: 1 });

/** Where a right is used, if not in an ordinary rotation. Null: in no situation that is played here. */
const USED_IN: Readonly<Record<string, Situation | null>> = {
  // For the action plan alone.
  'plan-rotation iam:GetAccessKeyLastUsed': null,
  // As long as its history is one page, an execution does not ask for its beginning.
  'plan-rotation states:DescribeExecution': { shape: 'resumed' },
  'create-access-key states:DescribeExecution': { shape: 'resumed' },
  'create-access-key iam:GetAccessKeyLastUsed': { shape: 'old-key-leaked' },
  'test-access-key states:DescribeExecution': { shape: 'noticed' },
  // For the action plan alone.
  'plan-rotation cloudwatch:DescribeAlarms': null,
  // For a scheduled start that finds AWSCURRENT without its key: test/lambdas/plan-rotation/damage.test.ts.
  'plan-rotation secretsmanager:ListSecretVersionIds': null,
  'plan-rotation lambda:GetFunctionConcurrency': { shape: 'owner-asked' },
  'plan-rotation states:ListExecutions': { shape: 'noticed' },
  'stop-execution secretsmanager:DescribeSecret': { shape: 'old-key-leaked' },
  'stop-execution secretsmanager:GetSecretValue': { shape: 'old-key-leaked' },
  'stop-execution states:DescribeExecution': { shape: 'old-key-leaked' },
  'stop-execution states:GetExecutionHistory': { shape: 'old-key-leaked' },
  'stop-execution states:StopExecution': { shape: 'old-key-leaked' },
  'create-access-key iam:UpdateAccessKey': { shape: 'new-key-leaked-late' },
  'create-access-key iam:DeleteAccessKey': {
    shape: 'ordinary',
    faults: [{ at: at('create-access-key', 'iam:CreateAccessKey'), kind: 'dies', when: 'after' }],
  },
  'create-access-key cloudtrail:LookupEvents': {
    shape: 'ordinary',
    faults: [{ at: at('create-access-key', 'iam:CreateAccessKey'), kind: 'dies', when: 'after' }],
  },
  // For the version that holds a leaked key.
  'create-access-key secretsmanager:ListSecretVersionIds': { shape: 'old-key-leaked' },
  'test-access-key iam:DeleteAccessKey': { shape: 'ordinary', refusesNewKey: true },
  'test-access-key secretsmanager:UpdateSecretVersionStage': { shape: 'ordinary', refusesNewKey: true },
  'publish-access-key secretsmanager:PutSecretValue': {
    shape: 'ordinary',
    faults: [
      {
        at: at('publish-access-key', 'iam:ListAccessKeys'),
        kind: 'person',
        act: 'edit-field',
        when: 'before',
      },
    ],
  },
  'trace-leaked-key iam:ListAttachedUserPolicies': { shape: 'old-key-leaked' },
  'trace-leaked-key states:DescribeExecution': { shape: 'old-key-leaked' },
  'trace-leaked-key states:GetExecutionHistory': { shape: 'old-key-leaked' },
  'trace-leaked-key cloudtrail:LookupEvents': { shape: 'old-key-leaked' },
  'trace-leaked-key account:ListRegions': { shape: 'old-key-leaked' },
  'reactivate-access-key states:DescribeExecution': { shape: 'rolled-back' },
  'reactivate-access-key states:GetExecutionHistory': { shape: 'rolled-back' },
  'reactivate-access-key iam:ListAccessKeys': { shape: 'rolled-back' },
  'reactivate-access-key iam:UpdateAccessKey': { shape: 'rolled-back' },
  'reactivate-access-key secretsmanager:DescribeSecret': { shape: 'rolled-back' },
  'reactivate-access-key secretsmanager:GetSecretValue': { shape: 'rolled-back' },
  'reactivate-access-key secretsmanager:UpdateSecretVersionStage': { shape: 'rolled-back' },
  'reactivate-access-key secretsmanager:ListSecretVersionIds': {
    shape: 'rolled-back',
    faults: [
      {
        at: at('reactivate-access-key', 'iam:ListAccessKeys'),
        kind: 'person',
        act: 'deactivate-new-key',
        when: 'before',
      },
    ],
  },
  // For a key that appeared during the rotation and that nothing explains.
  'delete-access-key secretsmanager:PutSecretValue': null,
  'delete-access-key cloudtrail:LookupEvents': null,
};

/** The name of a right. */
export const nameOf = ({ step, action }: Right): string => `${step} ${action}`;

/** Where a right is used; null: in no situation that is played here. */
export const situationOf = (right: Right): Situation | null => {
  const found = USED_IN[nameOf(right)];
  return found === undefined ? { shape: 'ordinary' } : found;
};

/** The rights that {@link situationOf} names individually. */
export const NAMED_RIGHTS: readonly string[] = Object.keys(USED_IN);

/**
 * Whether a denial must have ended an execution under its name: it happened, and is not over before the
 * retries are.
 */
export const mustBeTold = (right: Right): boolean =>
  right.step !== 'reactivate-access-key' &&
  // Nothing depends on it: the rotation goes on, and its message says what is not known.
  right.step !== 'trace-leaked-key' &&
  // Once the key is accepted, the test is repeated and finds nothing to do.
  situationOf(right)?.refusesNewKey === undefined &&
  !NOT_ESSENTIAL.includes(nameOf(right)) &&
  // Without a verdict of the alarms the rotation may go on looking.
  !right.action.startsWith('cloudwatch:') &&
  // A configured function that cannot be looked for is a conflict, as if it did not exist.
  !right.action.startsWith('lambda:');

/** The words of AWS for a denial, for a call of a role. */
export const wordsOf = (denial: Denial, action: string, resource: string): string =>
  denialMessage({ caller: 'arn:aws:iam::111122223333:role/step', action, resource }, denial);

export const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[];
