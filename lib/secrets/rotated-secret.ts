import { Construct, type IDependable } from 'constructs';
import type { CreatedSecret } from '../../lambdas/shared/contract/custom-resources';
import type { RotatedUser } from '../config';
import { keyGrants } from '../permissions/key-permissions';
import { newSecretArns } from '../permissions/resource-arns';
import { SecretReaders } from './secret-readers';
import { SecretReplicas } from './secret-replicas';
import { addSecretsResource } from './secrets-resource';

/** The properties of {@link RotatedSecrets}. */
export interface RotatedSecretsProps {
  /** The enrolled users. Those that brought a secret of their own get none. */
  readonly users: readonly RotatedUser[];
}

const createdSecret = ({ secretId, userName, kmsKeyArn }: RotatedUser): CreatedSecret => ({
  SecretId: secretId,
  UserName: userName,
  ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
});

/**
 * A secret for each user, created with the placeholder and from then on left alone by every deployment.
 *
 * A secret outlives the enrolment of its user, and the stack, because consumers read it; enrolling the user again
 * adopts it. `AWS::SecretsManager::Secret` cannot adopt: it fails where the name exists. So the stack asks
 * Secrets Manager itself, when a user is enrolled, to create the secret, and takes "exists already" for an answer.
 * It has no permission, and no occasion, to write to a secret that exists.
 */
export class RotatedSecrets extends Construct {
  /** What has to be there before a rotation may start of a user whose secret the stack creates. */
  readonly created: readonly IDependable[];

  constructor(scope: Construct, id: string, props: RotatedSecretsProps) {
    super(scope, id);
    const users = props.users.filter((user) => !user.secretExists);
    this.created = users.length === 0 ? [] : [this.createSecrets(users)];
    const after = this.created;
    new SecretReplicas(this, 'Replicas of secrets', { users: props.users, after });
    new SecretReaders(this, 'Readers of secrets', { users, after });
  }

  private createSecrets(users: readonly RotatedUser[]): IDependable {
    return addSecretsResource(this, {
      folder: 'create-secrets',
      description: 'Creates the secrets of newly enrolled IAM users',
      grants: [
        {
          actions: ['secretsmanager:CreateSecret'],
          resources: users.flatMap((user) => newSecretArns(user.secretId)),
        },
        // Secrets Manager API, CreateSecret. Not bound to the secret's ARN: before it creates the secret, Secrets Manager
        // tries the key out, and AWS does not document which ARN it names then. The role can only create.
        ...keyGrants(users, ['kms:Decrypt', 'kms:GenerateDataKey']),
      ],
      resourceType: 'Custom::RotatedSecrets',
      properties: { Secrets: users.map(createdSecret) },
      after: [],
    });
  }
}
