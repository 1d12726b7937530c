import { RemovalPolicy } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnResourcePolicy } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsCustomResource, Logging, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct, type IDependable } from 'constructs';
import { PLACEHOLDER_SECRET_STRING } from '../lambdas/shared/placeholder';
import type { RotatedUser } from './config';
import { keyGrants } from './key-permissions';
import { newSecretArns } from './resource-arns';
import { grantAll } from './role-policies';
import { SecretReplicas } from './secret-replicas';

/** The properties of {@link RotatedSecrets}. */
export interface RotatedSecretsProps {
  /** The enrolled users. Those that brought a secret of their own get none. */
  readonly users: readonly RotatedUser[];
}

/**
 * A secret for each user, created with the placeholder and from then on left alone by every deployment.
 *
 * A secret outlives the enrolment of its user, and the stack, because consumers read it; enrolling the user again
 * adopts it. `AWS::SecretsManager::Secret` cannot adopt: it fails where the name exists. So the stack asks
 * Secrets Manager itself, when a user is enrolled, to create the secret, and takes "exists already" for an answer.
 * It has no permission, and no occasion, to write to a secret that exists.
 */
export class RotatedSecrets extends Construct {
  private readonly secrets = new Map<string, IDependable>();

  constructor(scope: Construct, id: string, props: RotatedSecretsProps) {
    super(scope, id);
    const users = props.users.filter((user) => !user.secretExists);
    if (users.length > 0) this.createSecrets(users);
    // No user's name has spaces, so that no user's secret is called like this.
    new SecretReplicas(this, 'Replicas of secrets', {
      users: props.users,
      secretOf: (name) => this.secretOf(name),
    });
    this.letRead(users);
  }

  /** What has to exist before a rotation of the user may start. Undefined for a user with a secret of its own. */
  secretOf(userName: string): IDependable | undefined {
    return this.secrets.get(userName);
  }

  private createSecrets(users: readonly RotatedUser[]): void {
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    // One role for all users. A policy per user would attach them all to the one function that CDK uses.
    const role = new Role(this, 'Role', {
      description: 'Creates the secrets of newly enrolled IAM users',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    grantAll(role, [
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
      {
        actions: ['secretsmanager:CreateSecret'],
        resources: users.flatMap((user) => newSecretArns(user.secretId)),
      },
      // Secrets Manager API, CreateSecret. Not bound to the secret's ARN: before it creates the secret, Secrets Manager
      // tries the key out, and AWS does not document which ARN it names then. The role can only create.
      ...keyGrants(users, ['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);

    for (const user of users) {
      // The ID is the user's name: an update never creates, so another name must be another resource.
      const secret = new AwsCustomResource(this, user.userName, {
        resourceType: 'Custom::RotatedSecret',
        role,
        logGroup,
        installLatestAwsSdk: false,
        onCreate: {
          service: 'SecretsManager',
          action: 'CreateSecret',
          parameters: {
            Name: user.secretId,
            Description: `Access key of the IAM user ${user.userName}, rotated by AWS Step Functions`,
            SecretString: PLACEHOLDER_SECRET_STRING,
            ...(user.kmsKeyArn === undefined ? {} : { KmsKeyId: user.kmsKeyArn }),
          },
          // The provider searches the error's name for this, hence the anchors.
          ignoreErrorCodesMatching: '^ResourceExistsException$',
          physicalResourceId: PhysicalResourceId.of(user.secretId),
          logging: Logging.withDataHidden(),
        },
      });
      // Without this, the first secrets may be asked for while a managed policy is not attached yet.
      secret.node.addDependency(role);
      this.secrets.set(user.userName, secret);
    }
  }

  /**
   * Lets the readers read what consumers read, by a policy of the secret, which works across accounts, too. The policy
   * outlives the enrolment, as the secret does: readers go on reading.
   */
  private letRead(users: readonly RotatedUser[]): void {
    const scope = new Construct(this, 'Readers of secrets');
    for (const { userName, secretId, readers } of users) {
      if (readers.length === 0) continue;
      const policy = new CfnResourcePolicy(scope, userName, {
        secretId,
        blockPublicPolicy: true,
        resourcePolicy: new PolicyDocument({
          statements: [
            new PolicyStatement({
              sid: 'Readers',
              principals: readers.map((arn) => new ArnPrincipal(arn)),
              actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
              // In the policy of a secret this is the secret itself (Secrets Manager User Guide, "Resource-based policies").
              resources: ['*'],
              conditions: {
                // The key is what the request says (Service Authorization Reference), so it is absent where the request
                // asks for no version, as most do, and gets AWSCURRENT. Hence "if it exists".
                StringEqualsIfExists: { 'secretsmanager:VersionStage': 'AWSCURRENT' },
                // A version ID reaches every version: a key that has not been tested, and the intent of a rotation. A
                // description has neither key.
                Null: { 'secretsmanager:VersionId': 'true' },
              },
            }),
          ],
        }),
      });
      policy.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
      const secret = this.secretOf(userName);
      if (secret !== undefined) policy.node.addDependency(secret);
    }
  }
}
