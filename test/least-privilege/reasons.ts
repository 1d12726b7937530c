import { shortRole } from '../support/grants';

/*
 * What is neither as narrow as it could be, nor needed, nor allowed: each with its reason. A reason that is for nothing any more has to
 * go. docs/security.md shows them all.
 */

/** What a reason can be given for. */
export interface Concerned {
  /** The name of a role; of a policy for people, its logical ID. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** Why some of these are as they are. */
export interface Reason {
  /** Whose: as {@link shortRole} has it. Default: anybody's. */
  readonly role?: RegExp;
  readonly action: RegExp;
  /** Default: any. */
  readonly resource?: RegExp | ((shortRole: string) => RegExp);
  /** A sentence. */
  readonly reason: string;
}

/** Whether a reason is for this. */
export const isFor = ({ role, action, resource }: Reason, concerned: Concerned): boolean => {
  const name = shortRole(concerned.role);
  const pattern = typeof resource === 'function' ? resource(name) : resource;
  return (
    (role?.test(name) ?? true) && action.test(concerned.action) && (pattern?.test(concerned.resource) ?? true)
  );
};

/** What has no reason, and the reasons that are for nothing. */
export const withoutReason = <Item extends Concerned>(
  items: readonly Item[],
  reasons: readonly Reason[],
): { readonly left: readonly Item[]; readonly idle: readonly Reason[] } => ({
  left: items.filter((item) => !reasons.some((reason) => isFor(reason, item))),
  idle: reasons.filter((reason) => !items.some((item) => isFor(reason, item))),
});

/** The log group of a function, which is called after the construct that its role is called after. */
const ownLog = (role: string): RegExp =>
  new RegExp(`:log-group:AccessKeyRotation${role}Logs[0-9A-F]{8}:\\*$`);

/** One action, so that each has to have its reason. */
const only = (action: string): RegExp => new RegExp(`^${action}$`);

const ofLambda = (action: string): Reason => ({
  action: only(action),
  resource: ownLog,
  reason: 'Lambda writes the log of a function, with the role of the function.',
});

const ofLogDelivery = (action: string): Reason => ({
  role: /^(StateMachine|Emergency)$/,
  action: only(action),
  resource: /^\*$/,
  reason:
    'Step Functions sets the delivery of its log up, with the role of the state machine, when that is created or changed.',
});

const ofNetwork = (action: string): Reason => ({
  action: only(action),
  resource: /^\*$|:(network-interface|subnet|security-group|\*)\/[^/]+$/,
  reason:
    'Lambda connects a function to its subnets, with the role of the function, before the function runs and after it is gone.',
});

/** Grants that no call needs that is made here. */
export const NEEDED_ELSEWHERE: readonly Reason[] = [
  ...[
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ].map(ofNetwork),
  ...['logs:CreateLogStream', 'logs:PutLogEvents'].map(ofLambda),
  ...[
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
  ].map(ofLogDelivery),
  {
    role: /^Secrets$/,
    action: /^secretsmanager:CreateSecret$/,
    resource: /-\?{6}$/,
    reason:
      'AWS does not document whether it decides on CreateSecret by the ARN with or without the random characters. The embedded AWS decides without them.',
  },
  {
    role: /^Secrets$/,
    action: only('secretsmanager:UntagResource'),
    resource: /[^?]$/,
    reason:
      'One statement with CreateSecret, because a template has no room for another list of a hundred secrets. No secret has such an ARN.',
  },
];

/** Calls that the policies do not allow. */
export const DENIED: readonly Reason[] = [
  {
    role: /^Steps/,
    action: /^secretsmanager:/,
    resource: /:secret:iam-access-key-rotation\/alice$/,
    reason:
      'Somebody has removed the secret, so that its ARN has no random characters. AWS may say that there is no such secret, or that the call is not allowed; a person is told either way, and no key is changed.',
  },
];

/** Wildcards in the resources of what is allowed. */
export const WILDCARDS: readonly Reason[] = [
  {
    role: /^ExposedKeys$/,
    action: only('iam:GetAccessKeyLastUsed'),
    resource: /:user\/\*$/,
    reason:
      'Whose a key is that AWS says is exposed, is not known before it is asked, nor whether that user is enrolled. The action only reads.',
  },
  {
    action: /^ec2:CreateNetworkInterface$/,
    resource: /:ec2:[^:]+:\*:(subnet\/subnet|security-group\/sg)-[0-9a-f]+$/,
    reason:
      'One subnet or security group, by its ID: the account is that of its owner, which may share it by AWS RAM.',
  },
  {
    action: /^ec2:Describe(NetworkInterfaces|Subnets)$/,
    resource: /^\*$/,
    reason: 'The actions know no resources. A condition keeps the code of functions from using them.',
  },
  {
    action: /^ec2:(Assign|Create|Delete|Unassign)/,
    resource: /:(network-interface|\*)\/\*$/,
    reason:
      'The interfaces that Lambda makes, whose IDs are not known beforehand. Conditions narrow it to the subnets of the functions, and keep the code of functions from using it.',
  },
  {
    action: /^cloudtrail:LookupEvents$/,
    resource: /^\*$/,
    reason: 'The action knows no resources.',
  },
  {
    action: /^cloudwatch:PutMetricData$/,
    resource: /^\*$/,
    reason:
      'Of resources, the action knows only datasets, and metrics of a namespace are in none. A condition allows one namespace.',
  },
  {
    role: /^(StateMachine|Emergency)$/,
    action: /^logs:/,
    resource: /^\*$/,
    reason:
      'The actions know no resources, and Step Functions asks for them (its Developer Guide, "Logging using CloudWatch Logs").',
  },
  {
    action: /^logs:/,
    resource: /:log-group:[^*]+:\*$/,
    reason: 'The streams of one log group.',
  },
  {
    action: /^states:/,
    resource: /:execution:[^*]+:\*$/,
    reason: 'The executions of one state machine, whose names are not known beforehand.',
  },
  {
    action: /^iam:/,
    resource: /:user\/\*\/[^*]+$/,
    reason: 'The path of one user: names have no slashes, and are unique in an account.',
  },
  {
    action: /^secretsmanager:/,
    resource: /:secret:[^*]+-\?{6}$/,
    reason: 'The six random characters at the end of the ARN of one secret.',
  },
  {
    action: /^secretsmanager:(DescribeSecret|TagResource|UntagResource)$/,
    resource: /:secret:iam-access-key-rotation\/\*$/,
    reason:
      'The secrets that stacks of this kind create, for what tells nothing of their values: a template has no room for a hundred, one by one.',
  },
  {
    action: /^scheduler:GetSchedule$/,
    resource: /:schedule\/[^*/]+\/\*$/,
    reason: 'The schedules of the group of this stack.',
  },
];

/** Why a policy of a secret names no resource: it is about the secret that has it. */
export const SECRET_POLICY: readonly Reason[] = [
  {
    action: /^secretsmanager:/,
    resource: /^\*$/,
    reason: 'A policy of a secret is about that secret.',
  },
];
