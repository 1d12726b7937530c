import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { type ManagedPolicy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { bundledCode } from '../code/bundled-code';
import type { DeploymentSettings } from '../config';
import { senderKeyGrants } from '../permissions/key-permissions';
import { bindToFunction, type Grant, grantAll } from '../permissions/role-policies';
import { ServiceRole } from '../permissions/service-role';
import { addLogGroup } from './log-group';
import { acknowledgeNetworkGrants, networkGrants } from './network-grants';

/** What a function is made from. */
export interface ServiceFunctionProps {
  /** Its folder in `lambdas/`. */
  readonly folder: string;

  /** What it does. Its role is described by the same words. */
  readonly description: string;

  /** What it may do, besides writing its log. */
  readonly grants: readonly Grant[];

  /** After how many seconds Lambda ends an invocation. */
  readonly timeoutSeconds: number;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;

  /**
   * Its role, where that has to be there before.
   *
   * @default - a role of its own
   */
  readonly role?: ServiceRole;

  /**
   * Managed policies that the role has in common with others: see `grantShared`.
   *
   * @default - none
   */
  readonly shared?: readonly ManagedPolicy[];

  /**
   * Variables of its environment.
   *
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;

  /**
   * The files that lie beside its code, by their names.
   *
   * @default - none
   */
  readonly files?: Readonly<Record<string, string>>;

  /**
   * How Lambda treats invocations that nobody waits for.
   *
   * @default - nobody invokes it so
   */
  readonly asynchronous?: Pick<
    lambda.EventInvokeConfigOptions,
    'maxEventAge' | 'retryAttempts' | 'onFailure'
  >;
}

/** A function with what belongs to it. */
export interface ServiceFunction {
  readonly function: lambda.Function;
  readonly role: ServiceRole;
  /** Where it logs. */
  readonly logGroup: ILogGroup;
}

/**
 * How invocations that nobody waits for are tried again, and where those go that failed for good. The role needs {@link
 * deadLetterGrants}.
 *
 * @param maxEventAge - For how long Lambda tries.
 */
export const triedAgain = (
  deadLetterQueue: IQueue,
  maxEventAge: Duration,
): NonNullable<ServiceFunctionProps['asynchronous']> => ({
  maxEventAge,
  // The most that Lambda allows: after a minute, and two minutes later.
  retryAttempts: 2,
  // Not SqsDestination, which would let the function read the queue's attributes, too.
  onFailure: { bind: () => ({ destination: deadLetterQueue.queueArn }) },
});

/**
 * Lambda itself sends what failed for good to the queue, with the function's role (Lambda Developer Guide, "Capturing records of
 * Lambda asynchronous invocations").
 */
export const deadLetterGrants = (
  deadLetterQueue: IQueue,
  deployment: DeploymentSettings,
): readonly Grant[] => [
  { actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] },
  ...senderKeyGrants(deployment, 'sqs'),
];

/** A role that only Lambda can take. */
export const addFunctionRole = (
  scope: Construct,
  id: string,
  { description, deployment }: Pick<ServiceFunctionProps, 'deployment' | 'description'>,
): ServiceRole => {
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
  return new ServiceRole(scope, id, { description, assumedBy, deployment });
};

/** The processors, by their names in Lambda. */
const ARCHITECTURES: Readonly<Record<DeploymentSettings['architecture'], lambda.Architecture>> = {
  arm64: lambda.Architecture.ARM_64,
  x86_64: lambda.Architecture.X86_64,
};

/**
 * A function of the service, with a role of its own, the permissions that the role has, and a log group: children of `scope`.
 *
 * @param name - How the logical IDs of its role and its log group begin, and that of the function itself. Default: they are called
 * `Role`, `Logs` and `Function`.
 */
export const addFunction = (
  scope: Construct,
  props: ServiceFunctionProps,
  name?: string,
): ServiceFunction => {
  const {
    folder,
    description,
    grants,
    timeoutSeconds,
    deployment,
    shared = [],
    environment,
    files = {},
  } = props;
  const { architecture, reservedConcurrency, vpc } = deployment;
  const logGroup = addLogGroup(scope, `${name ?? ''}Logs`, deployment);
  const role = props.role ?? addFunctionRole(scope, `${name ?? ''}Role`, props);
  grantAll(
    role,
    [
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
      ...grants,
      ...networkGrants(vpc),
    ],
    shared,
  );
  acknowledgeNetworkGrants(role, vpc);
  const created = new lambda.Function(scope, name ?? 'Function', {
    description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: ARCHITECTURES[architecture],
    memorySize: 256,
    timeout: Duration.seconds(timeoutSeconds),
    handler: 'index.handler',
    code: bundledCode(scope, folder, (outputDirectory) => {
      for (const [file, text] of Object.entries(files)) writeFileSync(join(outputDirectory, file), text);
    }),
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    ...(environment !== undefined && { environment }),
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    ...props.asynchronous,
  });
  // By IDs: the CDK's own property asks for the whole of a network that is not ours.
  if (vpc !== undefined) (created.node.defaultChild as lambda.CfnFunction).vpcConfig = vpc;
  if (shared.length > 0) created.node.addDependency(...shared);
  bindToFunction(role, created);
  return { function: created, role, logGroup };
};
