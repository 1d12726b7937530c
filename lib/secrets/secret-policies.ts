import { Annotations } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct, type IDependable } from 'constructs';
import type { AdmittedStep, PolicedSecrets } from '../../lambdas/shared/contract/custom-resources';
import {
  GUARDED_ACTIONS,
  MAX_POLICY_CHARACTERS,
  secretPolicy,
} from '../../lambdas/shared/contract/secret-policy';
import type { StepName } from '../../lambdas/shared/contract/steps';
import { ConfigError, type DeploymentSettings, type RotatedUser } from '../config';
import { secretArn } from '../permissions/resource-arns';
import { STEP_PERMISSIONS } from '../permissions/step-permissions';
import { addSecretsResource, longestRoleArn } from './secrets-resource';

/** The properties of {@link SecretPolicies}. */
export interface SecretPoliciesProps {
  /** The enrolled users. Nothing is deployed for those with neither `readers` nor `denyOthers`. */
  readonly users: readonly RotatedUser[];
  /** The role of each step. */
  readonly stepRoles: ReadonlyMap<StepName, IRole>;
  /** What must exist before. */
  readonly after: readonly IDependable[];
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** What the step needs of what policies deny to others: its row of the permission table says it. */
const guardedActionsOf = (step: StepName): readonly string[] => {
  const { reads, secrets } = STEP_PERMISSIONS[step];
  const needed: readonly string[] = [
    ...(reads === 'none' ? [] : ['secretsmanager:GetSecretValue']),
    ...secrets,
  ];
  return GUARDED_ACTIONS.filter((action) => needed.includes(action));
};

const breakGlassOf = ({ denyOthers }: RotatedUser): readonly string[] =>
  denyOthers === false ? [] : denyOthers.breakGlass;

/** Users with the same list, and the list. */
type Group = readonly [list: readonly string[], users: readonly RotatedUser[]];

const groupsBy = (
  users: readonly RotatedUser[],
  listOf: (user: RotatedUser) => readonly string[],
): readonly Group[] => {
  const groups = new Map<string, Group>();
  for (const user of users) {
    const list = listOf(user);
    const [, others = []] = groups.get(list.join(' ')) ?? [];
    groups.set(list.join(' '), [list, [...others, user]]);
  }
  return [...groups.values()];
};

/** Users with the same policy share one entry: most users have what `defaults` says. */
const policedSecrets = (users: readonly RotatedUser[]): readonly PolicedSecrets[] =>
  groupsBy(users, breakGlassOf).map(([breakGlass, closed]) => ({
    ...(breakGlass.length > 0 && { BreakGlass: breakGlass }),
    Secrets: groupsBy(closed, ({ readers }) => readers).map(([readers, group]) => ({
      ...(readers.length > 0 && { Readers: readers }),
      SecretIds: group.map(({ secretId }) => secretId),
    })),
  }));

/** The problems of policies that would be too long, also while roles are replaced, when both the old and the new ones are admitted. */
const tooLong = (
  policed: readonly PolicedSecrets[],
  steps: readonly AdmittedStep[],
  { length: longest }: string,
): readonly string[] => {
  const replacing = ['before', 'after'].flatMap((when) =>
    steps.map(({ Actions }, index) => ({ RoleArn: `${when}${index}`.padEnd(longest, 'x'), Actions })),
  );
  const each = policed.flatMap(({ BreakGlass, Secrets }) =>
    Secrets.map((secrets) => ({ BreakGlass, ...secrets })),
  );
  return each.flatMap((secrets) => {
    const { length } = secretPolicy(secrets, replacing);
    return length <= MAX_POLICY_CHARACTERS
      ? []
      : [
          `users: the policy of the secret ${secrets.SecretIds[0]} may need ${length} characters. Allowed: ${MAX_POLICY_CHARACTERS}, by Secrets Manager. Give fewer readers or shorter paths: with denyOthers each reader is named twice, beside the roles of the steps.`,
        ];
  });
};

/**
 * The policies of the users' secrets: they let readers read what consumers read, across accounts too, and, where it is asked for,
 * deny others to read or write a value. Like the secret, the policy outlives the enrolment: readers keep their access, and what was
 * closed stays closed.
 *
 * Whoever may put or delete a policy can undo it: that is never denied. So the policy keeps out those with broad permissions on
 * secrets, and not administrators.
 */
export class SecretPolicies extends Construct {
  /** What must be there before a step runs with its present role: a policy that denies others, and does not know it. */
  readonly admitSteps: readonly IDependable[];

  constructor(scope: Construct, id: string, props: SecretPoliciesProps) {
    super(scope, id);
    const users = props.users.filter((user) => user.readers.length > 0 || user.denyOthers !== false);
    this.admitSteps = [];
    if (users.length === 0) return;
    const policed = policedSecrets(users);
    // Also where no policy denies anything yet: the deployment that closes the secrets is handed the roles of the one before it, which run
    // rotations until the functions are updated, and again when it is taken back.
    const steps = [...props.stepRoles].map(
      ([step, { roleArn }]): AdmittedStep => ({ RoleArn: roleArn, Actions: guardedActionsOf(step) }),
    );
    const problems = tooLong(policed, steps, longestRoleArn(props.deployment));
    if (problems.length > 0) throw new ConfigError(problems);
    this.warnOfSecretsThatNobodyReads(users);
    const resource = addSecretsResource(this, {
      folder: 'put-policies',
      description: 'Puts the policies of secrets of enrolled IAM users',
      grants: [
        {
          actions: ['secretsmanager:PutResourcePolicy'],
          resources: users.map((user) => secretArn(user.secretId)),
          // Service Authorization Reference: the call asks Secrets Manager to refuse a policy that admits
          // every principal.
          conditions: [{ operator: 'Bool', key: 'secretsmanager:BlockPublicPolicy', values: ['true'] }],
        },
      ],
      resourceType: 'Custom::SecretPolicies',
      properties: { Policies: policed, Steps: steps },
      after: props.after,
      deployment: props.deployment,
    });
    if (users.some(({ denyOthers }) => denyOthers !== false)) this.admitSteps = [resource];
  }

  /** It may be meant so while consumers have not moved yet. */
  private warnOfSecretsThatNobodyReads(users: readonly RotatedUser[]): void {
    const [first, ...others] = users.filter(({ readers }) => readers.length === 0);
    if (first === undefined) return;
    const whose = others.length === 0 ? first.userName : `${first.userName} and ${others.length} more`;
    Annotations.of(this).addWarningV2(
      'iam-access-key-rotation:nobodyReads',
      `denyOthers is set without readers, of ${whose}: besides the steps and break-glass nobody can read the secret, whatever other policies allow. Name whoever reads it in readers.`,
    );
  }
}
