/**
 * ARNs as `Fn::Sub` writes them. They are computed from names, so that a permission can name a resource that
 * another stack, a former deployment, or a person created.
 */

import { beginningOfSecretName } from '../config/names';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are CloudFormation's own placeholders.
const arn = (service: string, resource: string): string =>
  `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`;

/**
 * An IAM user. The path is part of its ARN, up to 512 characters, and a policy has no room to repeat it for
 * each user. A pattern takes its place. It still names this user and no other: names have no slashes, and are
 * unique in an account whatever the paths (IAM User Guide, "IAM identifiers"). A user without a path has no
 * extra slash.
 */
export const userArn = (user: { readonly path: string; readonly userName: string }): string =>
  `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:user/${user.path === '/' ? '' : '*/'}${user.userName}`;

/** Every IAM user of the account, whatever its path. */
export const anyUserArn = (): string => 'arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*';
/** This account, as Account Management names it (Service Authorization Reference, AWS Account Management). */
export const ownAccountArn = (): string => 'arn:${AWS::Partition}:account::${AWS::AccountId}:account';

/**
 * A secret. Secrets Manager ends the ARN of a secret with six random characters, which cannot be derived from
 * its name.
 */
export const secretArn = (secretId: string): string =>
  secretId.startsWith('arn:') ? secretId : arn('secretsmanager', `secret:${secretId}-??????`);

/**
 * A secret that is to be created. AWS does not document whether it authorizes CreateSecret by the ARN with or
 * without the random characters, which are drawn only then.
 */
export const newSecretArns = (name: string): readonly string[] => [
  arn('secretsmanager', `secret:${name}`),
  secretArn(name),
];

/** Users, and whether the stack creates their secrets. */
type SecretHolders = readonly { readonly secretId: string; readonly secretExists: boolean }[];

/** Every secret that stacks create whose names for secrets begin as those of these users do: one ARN, or none if all secrets exist. */
export const createdSecretsArns = (users: SecretHolders): readonly string[] => [
  ...new Set(
    users
      .filter(({ secretExists }) => !secretExists)
      .map(({ secretId }) => arn('secretsmanager', `secret:${beginningOfSecretName(secretId)}*`)),
  ),
];

/**
 * The users' secrets, for what tells nothing of their values: existing ones each by its ARN, and all that stacks like this one create
 * by their prefix, because the template has no room for those of a hundred users.
 */
export const secretsOf = (users: SecretHolders): readonly string[] => [
  ...createdSecretsArns(users),
  ...users.filter(({ secretExists }) => secretExists).map(({ secretId }) => secretArn(secretId)),
];

/** How KMS sees a call that another service makes in a caller's name (KMS Developer Guide, kms:ViaService). */
export const viaService = (service: string, region: string = '${AWS::Region}'): string =>
  `${service}.${region}.\${AWS::URLSuffix}`;

/** The same, of Secrets Manager. */
export const viaSecretsManager = (region?: string): string => viaService('secretsmanager', region);

/** A CloudWatch alarm. */
export const alarmArn = (alarmName: string): string => arn('cloudwatch', `alarm:${alarmName}`);

/** A state machine. */
export const stateMachineArn = (name: string): string => arn('states', `stateMachine:${name}`);

/** One of Step Functions' own integrations. */
export const integrationArn = (name: string): string => `arn:\${AWS::Partition}:states:::${name}`;

/** What the ARN of every execution of a state machine begins with. */
export const executionsPrefix = (stateMachineName: string): string =>
  arn('states', `execution:${stateMachineName}`);

/** All executions that state machines of this name ever had, including destroyed ones. */
export const executionsArn = (stateMachineName: string): string => `${executionsPrefix(stateMachineName)}:*`;

/** A group of schedules. */
export const scheduleGroupArn = (name: string): string => arn('scheduler', `schedule-group/${name}`);

/** All schedules of a group. */
export const schedulesArn = (groupName: string): string => arn('scheduler', `schedule/${groupName}/*`);

/** What is of EC2. */
export const ec2Arn = (resource: string): string => arn('ec2', resource);

/**
 * What is of EC2, and may be shared from another account by AWS RAM: its ARN then has the account of its owner, which the configuration does
 * not say. An ID stands for one resource in whatever account it is.
 */
export const sharedEc2Arn = (resource: string): string =>
  `arn:\${AWS::Partition}:ec2:\${AWS::Region}:*:${resource}`;

/** An event bus. The name of the one that every account has is `default`. */
export const eventBusArn = (name: string): string => arn('events', `event-bus/${name}`);

/** The product under which an account imports findings of its own into Security Hub. */
export const defaultProductArn = (): string => arn('securityhub', 'product/${AWS::AccountId}/default');

/** Security Hub of the account in the Region. */
export const securityHubArn = (): string => arn('securityhub', 'hub/default');
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
