import { CustomResource, Token } from 'aws-cdk-lib';
import type { Construct, IDependable } from 'constructs';
import { ConfigError, type DeploymentSettings } from '../config';
import { addFunction } from '../functions/service-function';
import type { Grant } from '../permissions/role-policies';

/**
 * AWS Lambda accepts an asynchronous invocation of 256 KB everywhere, and for an update CloudFormation also
 * sends the former properties. The rest of a request is a few hundred bytes.
 */
const MAX_PROPERTIES_BYTES = 125_000;

/** The folders in `lambdas/` of functions that serve deployments and are not steps of a rotation. */
export const DEPLOYMENT_FOLDERS = ['create-secrets', 'replicate-secret', 'put-policies'] as const;

/** A text as long as the ARN of a role of the stack can be: its name, which CloudFormation draws, has up to 64 characters. */
export const longestRoleArn = ({ rolePath }: DeploymentSettings): string =>
  `arn:aws-us-gov:iam::123456789012:role${rolePath}${'x'.repeat(64)}`;

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
  /** The properties that the function gets. The only references among them are to ARNs of roles. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** What must exist before. */
  readonly after: readonly IDependable[];
  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
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
  { folder, description, grants, resourceType, properties, after, deployment }: SecretsResourceProps,
): IDependable => {
  const asDeployed = JSON.stringify(properties, (_field, value: unknown) =>
    typeof value === 'string' && Token.isUnresolved(value) ? longestRoleArn(deployment) : value,
  );
  const bytes = Buffer.byteLength(asDeployed);
  if (bytes > MAX_PROPERTIES_BYTES) {
    throw new ConfigError([
      `users: what ${folder} needs to know of all users takes ${bytes} bytes. Allowed: ${MAX_PROPERTIES_BYTES} for a stack, because CloudFormation hands it over in one request. Give fewer readers and replicas, or put some users into another stack.`,
    ]);
  }
  const { function: provider, role } = addFunction(scope, {
    folder,
    description,
    grants,
    deployment,
    // Two calls for each of a hundred secrets, when the service is slow.
    timeoutSeconds: 600,
  });
  const resource = new CustomResource(scope, 'Resource', {
    resourceType,
    serviceToken: provider.functionArn,
    properties: { ...properties },
  });
  // Without the role, the function might be called before a managed policy is attached.
  resource.node.addDependency(role, ...after);
  return resource;
};
