import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct, IDependable } from 'constructs';
import { bundledCode } from '../code/bundled-code';
import { ConfigError } from '../config';
import { bindToFunction, type Grant, grantAll } from '../permissions/role-policies';

/**
 * AWS Lambda accepts an asynchronous invocation of 256 KB everywhere, and for an update CloudFormation also
 * sends the former properties. The rest of a request is a few hundred bytes.
 */
const MAX_PROPERTIES_BYTES = 125_000;

/** The folders in `lambdas/` of functions that serve deployments and are not steps of a rotation. */
export const DEPLOYMENT_FOLDERS = ['create-secrets', 'replicate-secret', 'admit-readers'] as const;

/** The properties of {@link addSecretsResource}. */
export interface SecretsResourceProps {
  /** The folder of the function. */
  readonly folder: (typeof DEPLOYMENT_FOLDERS)[number];
  /** What the function does. */
  readonly description: string;
  /** What the function may do, besides writing its log. */
  readonly grants: readonly Grant[];
  /** `Custom::` and a name. */
  readonly resourceType: string;
  /** The properties that the function gets. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** What must exist before. */
  readonly after: readonly IDependable[];
}

/**
 * One custom resource that handles all users' secrets, with its function, role and log, as children of
 * `scope`.
 *
 * One for each user would exceed CloudFormation's limit of resources. And it is not the CDK's own custom
 * resource for an AWS call: all of those in a stack share one function, with the role of the first one that
 * was created.
 *
 * @throws ConfigError if CloudFormation could not hand the function all of it.
 */
export const addSecretsResource = (
  scope: Construct,
  { folder, description, grants, resourceType, properties, after }: SecretsResourceProps,
): IDependable => {
  const bytes = Buffer.byteLength(JSON.stringify(properties));
  if (bytes > MAX_PROPERTIES_BYTES) {
    throw new ConfigError([
      `users: what ${folder} needs to know of all users takes ${bytes} bytes. Allowed: ${MAX_PROPERTIES_BYTES} for a stack, because CloudFormation hands it over in one request. Give fewer readers and replicas, or put some users into another stack.`,
    ]);
  }
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const role = new Role(scope, 'Role', {
    description,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  grantAll(role, [
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ...grants,
  ]);
  const provider = new lambda.Function(scope, 'Function', {
    description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    // Two calls for each of a hundred secrets, when the service is slow.
    timeout: Duration.minutes(10),
    handler: 'index.handler',
    code: bundledCode(scope, folder),
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
  bindToFunction(role, provider);
  const resource = new CustomResource(scope, 'Resource', {
    resourceType,
    serviceToken: provider.functionArn,
    properties: { ...properties },
  });
  // Without the role, the function might be called before a managed policy is attached.
  resource.node.addDependency(role, ...after);
  return resource;
};
