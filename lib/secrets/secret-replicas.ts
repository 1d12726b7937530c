import { Construct, type IDependable } from 'constructs';
import type { ReplicatedSecret } from '../../lambdas/shared/contract/custom-resources';
import type { DeploymentSettings, RotatedUser } from '../config';
import { keyGrantsForSecrets, onlyViaSecretsManager } from '../permissions/key-permissions';
import { secretArn } from '../permissions/resource-arns';
import type { Grant } from '../permissions/role-policies';
import { addSecretsResource } from './secrets-resource';

/** The properties of {@link SecretReplicas}. */
export interface SecretReplicasProps {
  /** The enrolled users. Nothing is deployed for those without `replicaRegions`. */
  readonly users: readonly RotatedUser[];
  /** What must exist before. */
  readonly after: readonly IDependable[];
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/**
 * Secrets Manager API, ReplicateSecretToRegions: the permissions for encrypting a replica with one's own key.
 */
const replicaKeyGrants = (users: readonly RotatedUser[]): readonly Grant[] => {
  const byRegion = new Map<string, Set<string>>();
  for (const { region, kmsKeyArn } of users.flatMap(({ replicaRegions }) => replicaRegions)) {
    if (kmsKeyArn === undefined) continue;
    byRegion.set(region, (byRegion.get(region) ?? new Set()).add(kmsKeyArn));
  }
  return [...byRegion].map(([region, keys]) => ({
    actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
    resources: [...keys],
    // AWS does not document which of the two Regions the call to the key comes from.
    conditions: [onlyViaSecretsManager(region)],
  }));
};

/**
 * A secret may be looked at, and copied to the Regions that are configured for it, and to no others (Secrets Manager User Guide,
 * "Prevent replication"). ForAllValues lets a call through that names no Region, such as one that looks. Secrets Manager refuses to
 * replicate to none (API, ReplicateSecretToRegions: at least one item). So both can stand in one statement: the template has no room to
 * name each secret twice.
 */
const replicationGrants = (users: readonly RotatedUser[]): readonly Grant[] => {
  const bySet = new Map<string, { readonly regions: readonly string[]; readonly resources: string[] }>();
  for (const { secretId, replicaRegions } of users) {
    const regions = replicaRegions.map(({ region }) => region).sort();
    const key = regions.join();
    const group = bySet.get(key) ?? { regions, resources: [] };
    group.resources.push(secretArn(secretId));
    bySet.set(key, group);
  }
  return [...bySet.values()].map(({ regions, resources }) => ({
    actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ReplicateSecretToRegions'],
    resources,
    conditions: [
      { operator: 'ForAllValues:StringEquals', key: 'secretsmanager:AddReplicaRegions', values: regions },
    ],
  }));
};

const replicatedSecret = ({ secretId, replicaRegions }: RotatedUser): ReplicatedSecret => ({
  SecretId: secretId,
  Replicas: replicaRegions.map(({ region, kmsKeyArn }) => ({
    Region: region,
    ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
  })),
});

/**
 * The replicas of the users' secrets, both existing and new ones: a function adds those that are missing. It
 * cannot read or write a value, and never removes a replica.
 *
 * The CDK's own custom resource makes one fixed call, and Secrets Manager does not document how
 * ReplicateSecretToRegions answers for a Region that already has a replica. So the function looks first.
 */
export class SecretReplicas extends Construct {
  constructor(scope: Construct, id: string, props: SecretReplicasProps) {
    super(scope, id);
    const users = props.users.filter(({ replicaRegions }) => replicaRegions.length > 0);
    if (users.length === 0) return;

    addSecretsResource(this, {
      folder: 'replicate-secret',
      description: 'Adds replicas of the secrets of enrolled IAM users',
      grants: [
        ...replicationGrants(users),
        // Secrets Manager API, ReplicateSecretToRegions: the primary is decrypted in the caller's name.
        ...keyGrantsForSecrets(users, ['kms:Decrypt']),
        ...replicaKeyGrants(users),
      ],
      resourceType: 'Custom::SecretReplicas',
      properties: { Secrets: users.map(replicatedSecret) },
      after: props.after,
      deployment: props.deployment,
    });
  }
}
