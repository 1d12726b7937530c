import { createHash } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutResourcePolicyCommand,
  ReplicateSecretToRegionsCommand,
  ResourceExistsException,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Replica, SecretTag } from '../contract/custom-resources';

/** A secret that does not exist yet. */
export interface NewSecret {
  readonly name: string;
  readonly description: string;
  readonly value: string;
  /** A KMS key of the same Region. Undefined: its key `aws/secretsmanager`. */
  readonly kmsKeyId?: string | undefined;
  readonly tags: readonly SecretTag[];
}

/** The calls about secrets that deployments make, and rotations never do. None writes to a secret's value. */
export class DeploymentGateway {
  private readonly client: SecretsManagerClient;

  constructor(config: SecretsManagerClientConfig) {
    // Each call can be made again, and a deployment would rather wait a while than be taken back for all users. The SDK
    // stops sooner when it has spent its quota of retries, so that the function's time suffices for a hundred secrets.
    this.client = new SecretsManagerClient({ maxAttempts: 6, ...config });
  }

  /** Creates a secret. One that exists stays as it is, whatever is in it. */
  async create({ name, description, value, kmsKeyId, tags }: NewSecret): Promise<void> {
    try {
      await this.client.send(
        new CreateSecretCommand({
          Name: name,
          Description: description,
          SecretString: value,
          // The ID of the first version. Of its own accord the SDK would draw another one for each attempt.
          ClientRequestToken: createHash('sha256').update(name).digest('hex'),
          ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
          ...(tags.length === 0 ? {} : { Tags: [...tags] }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ResourceExistsException)) throw error;
    }
  }

  /** Adds tags to a secret, or changes their values. Its other tags stay. */
  async tag(secretId: string, tags: readonly SecretTag[]): Promise<void> {
    await this.client.send(new TagResourceCommand({ SecretId: secretId, Tags: [...tags] }));
  }

  /** Removes the tags with these keys from a secret. One that it does not have is none too many. */
  async untag(secretId: string, keys: readonly string[]): Promise<void> {
    await this.client.send(new UntagResourceCommand({ SecretId: secretId, TagKeys: [...keys] }));
  }

  /** Puts a policy in the place of the one that the secret has. One that lets everybody in is refused. */
  async putPolicy(secretId: string, policy: string): Promise<void> {
    await this.client.send(
      new PutResourcePolicyCommand({ SecretId: secretId, ResourcePolicy: policy, BlockPublicPolicy: true }),
    );
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
  async addReplicas(secretId: string, replicas: readonly Replica[]): Promise<void> {
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
