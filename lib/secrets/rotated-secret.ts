import { Construct, type IDependable } from 'constructs';
import type { CreatedSecret } from '../../lambdas/shared/contract/custom-resources';
import type { DeploymentSettings, RotatedUser } from '../config';
import { keyGrants } from '../permissions/key-permissions';
import { newSecretArns } from '../permissions/resource-arns';
import { SecretReaders } from './secret-readers';
import { SecretReplicas } from './secret-replicas';
import { addSecretsResource } from './secrets-resource';

/** The properties of {@link RotatedSecrets}. */
export interface RotatedSecretsProps {
  /** The enrolled users. Users that brought a secret of their own get none. */
  readonly users: readonly RotatedUser[];
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

const createdSecret = ({ secretId, userName, kmsKeyArn }: RotatedUser): CreatedSecret => ({
  SecretId: secretId,
  UserName: userName,
  ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
});

/**
 * A secret for each user, created with the placeholder. Later deployments never change it.
 *
 * A secret outlives the enrolment of its user, and the stack, because consumers read it; enrolling the user
 * again adopts it. `AWS::SecretsManager::Secret` cannot adopt: it fails if the name exists. So the stack
 * itself asks Secrets Manager to create the secret when a user is enrolled, and accepts "exists already" as
 * an answer. It has no permission, and no reason, to write to a secret that exists.
 */
export class RotatedSecrets extends Construct {
  /** What must exist before a rotation of a user may start whose secret the stack creates. */
  readonly created: readonly IDependable[];

  constructor(scope: Construct, id: string, props: RotatedSecretsProps) {
    super(scope, id);
    const users = props.users.filter((user) => !user.secretExists);
    this.created = users.length === 0 ? [] : [this.createSecrets(users, props)];
    const around = { after: this.created, deployment: props.deployment };
    new SecretReplicas(this, 'Replicas of secrets', { users: props.users, ...around });
    new SecretReaders(this, 'Readers of secrets', { users, ...around });
  }

  private createSecrets(users: readonly RotatedUser[], { deployment }: RotatedSecretsProps): IDependable {
    return addSecretsResource(this, {
      folder: 'create-secrets',
      description: 'Creates the secrets of newly enrolled IAM users',
      grants: [
        {
          actions: ['secretsmanager:CreateSecret'],
          resources: users.flatMap((user) => newSecretArns(user.secretId)),
        },
        // Secrets Manager API, CreateSecret. Not bound to the secret's ARN: before it creates the secret,
        // Secrets Manager tries the key out, and AWS does not document which ARN it names then. The role can
        // only create.
        ...keyGrants(users, ['kms:Decrypt', 'kms:GenerateDataKey']),
      ],
      resourceType: 'Custom::RotatedSecrets',
      properties: { Secrets: users.map(createdSecret) },
      after: [],
      deployment,
    });
  }
}
