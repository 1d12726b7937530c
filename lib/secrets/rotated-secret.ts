import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct, type IDependable } from 'constructs';
import type { CreatedSecret, SecretTag } from '../../lambdas/shared/contract/custom-resources';
import { PAUSE_TAG } from '../../lambdas/shared/contract/names';
import type { StepName } from '../../lambdas/shared/contract/steps';
import type { DeploymentSettings, RotatedUser } from '../config';
import { keyGrants } from '../permissions/key-permissions';
import { newSecretArns } from '../permissions/resource-arns';
import type { Condition, Grant } from '../permissions/role-policies';
import { SecretPolicies } from './secret-policies';
import { SecretReplicas } from './secret-replicas';
import { addSecretsResource } from './secrets-resource';

/** The properties of {@link RotatedSecrets}. */
export interface RotatedSecretsProps {
  /** The enrolled users. Users that brought a secret of their own get none. */
  readonly users: readonly RotatedUser[];
  /** The role of each step. */
  readonly stepRoles: ReadonlyMap<StepName, IRole>;
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

const createdSecret = ({ secretId, userName, kmsKeyArn, pauseAtFirst }: RotatedUser): CreatedSecret => ({
  SecretId: secretId,
  UserName: userName,
  ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
  ...(pauseAtFirst === false ? {} : { PausedBecause: pauseAtFirst }),
});

const TAG_KEYS = 'aws:TagKeys';

const tagsOf = ({ tags }: DeploymentSettings): readonly SecretTag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/**
 * Creating a secret with tags takes the permission to tag it as well (Secrets Manager API, CreateSecret), and nothing tells a tag
 * that a secret is created with from one that is added later. So for users who are paused at first, the role can set the pause. For
 * the others it cannot, and it can end nobody's.
 *
 * A call without tags passes ForAllValues, hence Null (IAM User Guide, "Set operators for multivalued context keys").
 */
const creationGrants = (users: readonly RotatedUser[], tagged: boolean): readonly Grant[] => {
  const paused = users.filter(({ pauseAtFirst }) => pauseAtFirst !== false);
  const others = users.filter(({ pauseAtFirst }) => pauseAtFirst === false);
  const resourcesOf = (some: readonly RotatedUser[]) => some.flatMap((user) => newSecretArns(user.secretId));
  const create = 'secretsmanager:CreateSecret';
  const tag = 'secretsmanager:TagResource';
  // Tags that are configured no more are removed. Which those are is known only to the deployment that removes them.
  const untag = tagged ? ['secretsmanager:UntagResource'] : [];
  const withTags: Condition = { operator: 'Null', key: TAG_KEYS, values: ['false'] };
  const notThePause: Condition = {
    operator: 'ForAllValues:StringNotEquals',
    key: TAG_KEYS,
    values: [PAUSE_TAG],
  };
  const creations: readonly Grant[] = [
    tagged
      ? {
          actions: [create, tag, ...untag],
          resources: resourcesOf(others),
          conditions: [notThePause, withTags],
        }
      : { actions: [create], resources: resourcesOf(others) },
    { actions: [create, tag, ...untag], resources: resourcesOf(paused), conditions: [withTags] },
  ];
  if (paused.length === 0 || untag.length === 0) return creations;
  const thePause: Condition = {
    operator: 'ForAnyValue:StringEquals',
    key: TAG_KEYS,
    values: [PAUSE_TAG],
  };
  return [...creations, { effect: 'Deny', actions: untag, resources: ['*'], conditions: [thePause] }];
};

/**
 * A secret for each user, created with the placeholder. Later deployments never change its value.
 *
 * A secret outlives the enrolment of its user, and the stack, because consumers read it; enrolling the user
 * again adopts it. `AWS::SecretsManager::Secret` cannot adopt: it fails if the name exists. So the stack
 * itself asks Secrets Manager to create the secret when a user is enrolled, and accepts "exists already" as
 * an answer. It has no permission, and no reason, to write a value to a secret that exists. What it may change
 * of one is the tags of the configuration, if there are any, and its policy, by another function.
 */
export class RotatedSecrets extends Construct {
  /** What must exist before a rotation of a user may start whose secret the stack creates. */
  readonly created: readonly IDependable[];

  /** What must be there before a step runs with its present role: see {@link SecretPolicies.admitSteps}. */
  readonly admitSteps: readonly IDependable[];

  constructor(scope: Construct, id: string, props: RotatedSecretsProps) {
    super(scope, id);
    const users = props.users.filter((user) => !user.secretExists);
    this.created = users.length === 0 ? [] : [this.createSecrets(users, props)];
    const around = { after: this.created, deployment: props.deployment };
    new SecretReplicas(this, 'Replicas of secrets', { users: props.users, ...around });
    const { stepRoles } = props;
    this.admitSteps = new SecretPolicies(this, 'Policies of secrets', {
      users,
      stepRoles,
      ...around,
    }).admitSteps;
  }

  private createSecrets(users: readonly RotatedUser[], { deployment }: RotatedSecretsProps): IDependable {
    const tags = tagsOf(deployment);
    return addSecretsResource(this, {
      folder: 'create-secrets',
      description: 'Creates the secrets of newly enrolled IAM users',
      grants: [
        ...creationGrants(users, tags.length > 0),
        // Secrets Manager API, CreateSecret. Not bound to the secret's ARN: before it creates the secret,
        // Secrets Manager tries the key out, and AWS does not document which ARN it names then. The role can
        // only create and tag.
        ...keyGrants(users, ['kms:Decrypt', 'kms:GenerateDataKey']),
      ],
      resourceType: 'Custom::RotatedSecrets',
      properties: { Secrets: users.map(createdSecret), ...(tags.length > 0 && { Tags: tags }) },
      after: [],
      deployment,
    });
  }
}
