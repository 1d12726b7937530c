import type { Role } from 'aws-cdk-lib/aws-iam';
import type { DeploymentSettings } from '../config';
import { ec2Arn, sharedEc2Arn } from '../permissions/resource-arns';
import { type Condition, type Grant, SOURCE_FUNCTION } from '../permissions/role-policies';
import { acknowledgeWildcard } from '../permissions/wildcard';

/** The subnets and security groups of the functions. */
type Vpc = NonNullable<DeploymentSettings['vpc']>;

/**
 * For Lambda itself, and not for the code of the function: what Lambda does in a role's name outside of a function says of none that it
 * comes from it (Lambda Developer Guide, "Using source function ARN to control function access behavior").
 */
const NOT_FROM_A_FUNCTION: Condition = { operator: 'Null', key: SOURCE_FUNCTION, values: ['true'] };

/** What CreateNetworkInterface creates (Service Authorization Reference, Amazon EC2). */
const NEW_INTERFACES = ec2Arn('network-interface/*');

/** Every interface, as the Lambda Developer Guide writes it. */
const ANY_INTERFACE = ec2Arn('*/*');

/** Subnets are often shared by the account of a central network. */
const subnetsOf = (vpc: Vpc): readonly string[] => vpc.subnetIds.map((id) => sharedEc2Arn(`subnet/${id}`));

/** So can security groups be (Amazon VPC User Guide, "Share security groups with AWS Organizations"). */
const securityGroupsOf = (vpc: Vpc): readonly string[] =>
  vpc.securityGroupIds.map((id) => sharedEc2Arn(`security-group/${id}`));

/**
 * What Lambda needs to connect a function to a VPC (Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon
 * VPC"), on these subnets and security groups. Reading knows no resources. For DeleteNetworkInterface the guide asks for every ID of the
 * account and Region; whether Lambda asks about it before there is an interface in a subnet is not documented, hence IfExists.
 */
export const networkGrants = (vpc: Vpc | undefined): readonly Grant[] => {
  if (vpc === undefined) return [];
  const subnets = subnetsOf(vpc);
  return [
    {
      actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      resources: ['*'],
      conditions: [NOT_FROM_A_FUNCTION],
    },
    {
      actions: ['ec2:CreateNetworkInterface'],
      resources: [NEW_INTERFACES, ...subnets, ...securityGroupsOf(vpc)],
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

/** Tells cdk-nag why these grants have wildcards. */
export const acknowledgeNetworkGrants = (role: Role, vpc: Vpc | undefined): void => {
  if (vpc === undefined) return;
  acknowledgeWildcard(
    role,
    '*',
    'ec2:DescribeNetworkInterfaces and ec2:DescribeSubnets know no resources. They only read, and the code of functions may not use them.',
  );
  for (const given of [...subnetsOf(vpc), ...securityGroupsOf(vpc)]) {
    acknowledgeWildcard(
      role,
      given,
      'One subnet or security group, by its ID: the account is that of its owner, which may share it by AWS RAM.',
    );
  }
  for (const interfaces of [NEW_INTERFACES, ANY_INTERFACE]) {
    acknowledgeWildcard(
      role,
      interfaces,
      'The network interfaces that Lambda makes, whose IDs are not known beforehand: only in the subnets of the functions, and not for their code.',
    );
  }
};
