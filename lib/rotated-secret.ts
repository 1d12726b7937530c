import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, Logging, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct, type IDependable } from 'constructs';
import { PLACEHOLDER_SECRET_STRING } from '../lambdas/shared/placeholder';
import type { RotatedUser } from './config';
import { newSecretArns } from './resource-arns';
import { grantAll } from './role-policies';

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
    if (users.length === 0) return;

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

  /** What has to exist before a rotation of the user may start. Undefined for a user with a secret of its own. */
  secretOf(userName: string): IDependable | undefined {
    return this.secrets.get(userName);
  }
}
