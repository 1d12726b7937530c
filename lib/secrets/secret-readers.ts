import { Construct, type IDependable } from 'constructs';
import type { AdmittedReaders } from '../../lambdas/shared/contract/custom-resources';
import type { DeploymentSettings, RotatedUser } from '../config';
import { secretArn } from '../permissions/resource-arns';
import { addSecretsResource } from './secrets-resource';

/** The properties of {@link SecretReaders}. */
export interface SecretReadersProps {
  /** The enrolled users. Nothing is deployed for those without `readers`. */
  readonly users: readonly RotatedUser[];
  /** What must exist before. */
  readonly after: readonly IDependable[];
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** Users with the same readers share one entry: most users have those of `defaults`. */
const admittedReaders = (users: readonly RotatedUser[]): readonly AdmittedReaders[] => {
  const groups = new Map<string, { readonly Readers: readonly string[]; readonly SecretIds: string[] }>();
  for (const { secretId, readers } of users) {
    const key = readers.join(' ');
    const group = groups.get(key) ?? { Readers: readers, SecretIds: [] };
    group.SecretIds.push(secretId);
    groups.set(key, group);
  }
  return [...groups.values()];
};

/**
 * Lets the readers read what consumers read, by a policy of the secret. That works across accounts too. Like
 * the secret, the policy outlives the enrolment: readers keep their access.
 */
export class SecretReaders extends Construct {
  constructor(scope: Construct, id: string, props: SecretReadersProps) {
    super(scope, id);
    const users = props.users.filter(({ readers }) => readers.length > 0);
    if (users.length === 0) return;
    addSecretsResource(this, {
      folder: 'admit-readers',
      description: 'Lets readers read the secrets of enrolled IAM users',
      grants: [
        {
          actions: ['secretsmanager:PutResourcePolicy'],
          resources: users.map((user) => secretArn(user.secretId)),
          // Service Authorization Reference: the call asks Secrets Manager to refuse a policy that admits
          // every principal.
          conditions: [{ operator: 'Bool', key: 'secretsmanager:BlockPublicPolicy', values: ['true'] }],
        },
      ],
      resourceType: 'Custom::SecretReaders',
      properties: { Admitted: admittedReaders(users) },
      after: props.after,
      deployment: props.deployment,
    });
  }
}
