import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, type IDependable } from 'constructs';
import type { ReplicatedSecret } from '../lambdas/replicate-secret/decide';
import { bundledCode } from './bundled-code';
import type { RotatedUser } from './config';
import { keyGrants, onlyViaSecretsManager } from './key-permissions';
import { secretArn } from './resource-arns';
import { bindToFunction, type Grant, grantAll } from './role-policies';

/** The properties of {@link SecretReplicas}. */
export interface SecretReplicasProps {
  /** The enrolled users. Nothing is deployed for those without `replicaRegions`. */
  readonly users: readonly RotatedUser[];
  /** What creates the user's secret, if the stack does. */
  readonly secretOf: (userName: string) => IDependable | undefined;
}

/** Secrets Manager API, ReplicateSecretToRegions: what encrypting a replica with a key of one's own takes. */
const replicaKeyGrants = (users: readonly RotatedUser[]): readonly Grant[] => {
  const regions = new Map(
    users.flatMap(({ replicaRegions }) =>
      replicaRegions.flatMap(({ region, kmsKeyArn }): [string, string][] =>
        kmsKeyArn === undefined ? [] : [[kmsKeyArn, region]],
      ),
    ),
  );
  return [...regions].map(([key, region]) => ({
    actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
    resources: [key],
    // AWS does not document through which of the two Regions the key is used.
    conditions: [onlyViaSecretsManager(region)],
  }));
};

/** A secret may be copied to the Regions that are configured for it, and to no others. */
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
    actions: ['secretsmanager:ReplicateSecretToRegions'],
    resources,
    // Secrets Manager User Guide, "Prevent replication". ForAllValues also allows a call that names no Region.
    conditions: [
      { operator: 'ForAllValues:StringEquals', key: 'secretsmanager:AddReplicaRegions', values: regions },
      { operator: 'Null', key: 'secretsmanager:AddReplicaRegions', values: ['false'] },
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
 * The replicas of the users' secrets, of those that existed before as well as of new ones: a function adds the ones
 * that are missing. It cannot read or write a value, and a replica is never removed.
 *
 * CDK's own custom resource makes one fixed call, and Secrets Manager does not document how ReplicateSecretToRegions
 * answers for a Region that has its replica already. So the function looks first.
 */
export class SecretReplicas extends Construct {
  constructor(scope: Construct, id: string, props: SecretReplicasProps) {
    super(scope, id);
    const users = props.users.filter(({ replicaRegions }) => replicaRegions.length > 0);
    if (users.length === 0) return;

    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const role = new Role(this, 'Role', {
      description: 'Adds replicas of the secrets of enrolled IAM users',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    grantAll(role, [
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
      {
        actions: ['secretsmanager:DescribeSecret'],
        resources: users.map((user) => secretArn(user.secretId)),
      },
      ...replicationGrants(users),
      // Secrets Manager API, ReplicateSecretToRegions: the primary is decrypted in the caller's name.
      ...keyGrants(users, ['kms:Decrypt'], (user) => [secretArn(user.secretId)]),
      ...replicaKeyGrants(users),
    ]);
    const provider = new lambda.Function(this, 'Function', {
      description: 'Adds replicas of the secrets of enrolled IAM users',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      // Two calls for each of a hundred secrets, when the service is slow.
      timeout: Duration.minutes(10),
      handler: 'index.handler',
      code: bundledCode(this, 'replicate-secret'),
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
    });

    bindToFunction(role, provider);

    // One resource for all users: with one for each, a full stack would have more resources than CloudFormation takes.
    const replicas = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::SecretReplicas',
      serviceToken: provider.functionArn,
      properties: { Secrets: users.map(replicatedSecret) },
    });
    // Without this, the first replicas may be asked for while a managed policy is not attached yet.
    replicas.node.addDependency(role);
    for (const { userName } of users) {
      const secret = props.secretOf(userName);
      if (secret !== undefined) replicas.node.addDependency(secret);
    }
  }
}
