import { type CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { DeploymentSettings } from '../config';
import { ec2Arn } from '../permissions/resource-arns';
import { type Condition, type Grant, grantShared, SOURCE_FUNCTION } from '../permissions/role-policies';
import type { ServiceRole } from '../permissions/service-role';
import { acknowledgeWildcard } from '../permissions/wildcard';

/** The properties of {@link FunctionNetwork}. */
export interface FunctionNetworkProps {
  /** The parent of the functions, each with a {@link ServiceRole} of its own. All of them have been made. */
  readonly functionsOf: Construct;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** The subnets and security groups of the functions. */
type Vpc = NonNullable<DeploymentSettings['vpc']>;

/**
 * For Lambda itself, and not for the code of a function: what Lambda does in a role's name outside of a function says of none that it
 * comes from it (Lambda Developer Guide, "Using source function ARN to control function access behavior").
 */
const NOT_FROM_A_FUNCTION: Condition = { operator: 'Null', key: SOURCE_FUNCTION, values: ['true'] };

/** What CreateNetworkInterface creates (Service Authorization Reference, Amazon EC2). */
const NEW_INTERFACES = ec2Arn('network-interface/*');

/** Every interface, as the Lambda Developer Guide writes it. */
const ANY_INTERFACE = ec2Arn('*/*');

/**
 * What Lambda needs to connect functions to a VPC (Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon
 * VPC"), on these subnets and security groups. Reading knows no resources. For DeleteNetworkInterface the guide asks for every ID of the
 * account and Region, because Lambda checks the permission before there is an interface: then the request names no subnet, hence
 * IfExists.
 */
const networkGrants = ({ subnetIds, securityGroupIds }: Vpc): readonly Grant[] => {
  const subnets = subnetIds.map((id) => ec2Arn(`subnet/${id}`));
  return [
    {
      actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      resources: ['*'],
      conditions: [NOT_FROM_A_FUNCTION],
    },
    {
      actions: ['ec2:CreateNetworkInterface'],
      resources: [
        NEW_INTERFACES,
        ...subnets,
        ...securityGroupIds.map((id) => ec2Arn(`security-group/${id}`)),
      ],
      conditions: [NOT_FROM_A_FUNCTION],
    },
    {
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:DeleteNetworkInterface',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: [ANY_INTERFACE],
      conditions: [
        NOT_FROM_A_FUNCTION,
        { operator: 'ArnEqualsIfExists', key: 'ec2:Subnet', values: subnets },
      ],
    },
  ];
};

/**
 * Lets functions run in the subnets of a VPC. One policy serves them all: Lambda does the same for each of them, and functions in the same
 * subnets, with the same security groups, share network interfaces.
 */
export class FunctionNetwork extends Construct {
  constructor(scope: Construct, id: string, { functionsOf, deployment }: FunctionNetworkProps) {
    super(scope, id);
    const { vpc } = deployment;
    if (vpc === undefined) return;
    const functions = functionsOf.node
      .findAll()
      .filter((construct): construct is LambdaFunction => construct instanceof LambdaFunction);
    const roles = functions.map(({ role }) => role as ServiceRole);
    const policies = grantShared(this, 'Policy', roles, networkGrants(vpc), deployment);
    for (const policy of policies) {
      acknowledgeWildcard(
        policy,
        '*',
        'ec2:DescribeNetworkInterfaces and ec2:DescribeSubnets know no resources. They only read, and the code of functions may not use them.',
      );
      for (const interfaces of [NEW_INTERFACES, ANY_INTERFACE]) {
        acknowledgeWildcard(
          policy,
          interfaces,
          'The network interfaces that Lambda makes, whose IDs are not known beforehand: only in the subnets of the functions, and not for their code.',
        );
      }
    }
    for (const created of functions) {
      (created.node.defaultChild as CfnFunction).vpcConfig = vpc;
      // Lambda looks for the permission when a function is created, and needs it until the last one is gone.
      created.node.addDependency(...policies);
    }
  }
}
