import {
  DescribeSecretCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';

/** A Region that a secret is replicated to, as Secrets Manager's API names it. */
export interface Replica {
  readonly Region: string;
  /** A KMS key of that Region. Undefined: its key `aws/secretsmanager`. */
  readonly KmsKeyId?: string | undefined;
}

/** The calls about replicas of a secret. Deployments make them, rotations never do. */
export class ReplicaGateway {
  private readonly client: SecretsManagerClient;

  constructor(config: SecretsManagerClientConfig) {
    this.client = new SecretsManagerClient(config);
  }

  /** The Regions that have a replica, in whatever condition it is. @throws ResourceNotFoundException */
  async regionsOf(secretId: string): Promise<readonly string[]> {
    const secret = await this.client.send(new DescribeSecretCommand({ SecretId: secretId }));
    return (secret.ReplicationStatus ?? []).flatMap(({ Region }) => (Region === undefined ? [] : [Region]));
  }

  /**
   * Adds replicas. A secret of the same name that is in such a Region already is not overwritten: then the replica's
   * status becomes `Failed` (Secrets Manager API, ReplicateSecretToRegions, ForceOverwriteReplicaSecret).
   */
  async add(secretId: string, replicas: readonly Replica[]): Promise<void> {
    await this.client.send(
      new ReplicateSecretToRegionsCommand({
        SecretId: secretId,
        AddReplicaRegions: replicas.map(({ Region, KmsKeyId }) => ({
          Region,
          ...(KmsKeyId === undefined ? {} : { KmsKeyId }),
        })),
      }),
    );
  }
}
