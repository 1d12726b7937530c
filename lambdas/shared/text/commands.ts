import { shellOption } from '../../../consumer/ground/shell-word';

/**
 * Every command that a message hands to a person, as data: what it does is known where it is chosen, and the Region and the state
 * machine where it is written down. A command is complete and can be copied as it is into a POSIX shell.
 */
export type Command = ServiceCommand | StartCommand | PolicyCommand;

/** A call of the AWS CLI. */
interface ServiceCommand {
  readonly kind: 'call';
  readonly service:
    | 'cloudtrail'
    | 'cloudwatch'
    | 'iam'
    | 'scheduler'
    | 'secretsmanager'
    | 'sns'
    | 'stepfunctions';
  readonly operation: string;
  readonly options: Readonly<Record<string, string>>;
  /** It is about events of IAM. Default: it is about the Region of the message. */
  readonly about?: 'iam';
}

/** The start of an execution. */
interface StartCommand {
  readonly kind: 'start';
  readonly input: RotationStart | EmergencyStart;
}

/** A look into a managed policy. IAM shows a document by its version, and another call says which one counts. */
interface PolicyCommand {
  readonly kind: 'policy';
  readonly policyArn: string;
}

/** What an execution of the rotation's state machine is started with. */
export interface RotationStart {
  readonly userName: string;
  readonly action?: 'resume' | 'rollback';
}

/** What an emergency is declared with. */
interface EmergencyStart {
  readonly userName: string;
  readonly accessKeyId: string;
  readonly reason: string;
}

/** Where a command is to work. */
export interface CommandPlace {
  readonly region: string;
  /** ARN of the state machine of the rotations. */
  readonly stateMachineArn: string;
  /** ARN of the state machine in which emergencies are declared. */
  readonly emergencyMachineArn: string;
  /** With what the names of a user's executions begin. */
  readonly nameOf: (userName: string) => string;
}

const call = (
  service: ServiceCommand['service'],
  operation: string,
  options: ServiceCommand['options'],
): ServiceCommand => ({ kind: 'call', service, operation, options });

const written = (service: string, operation: string, options: ServiceCommand['options']): string =>
  [
    'aws',
    service,
    operation,
    ...Object.entries(options).map(([name, value]) => shellOption(name, value)),
  ].join(' ');

/** An option whose value the shell makes when the command is run. */
const quoted = (name: string, value: string): string => `--${name}="${value}"`;

/** A name that nobody has used, made by the shell when the command is run. It may begin with a hyphen. */
const executionName = (userName: string, { nameOf }: CommandPlace): string =>
  `"${nameOf(userName)}-$(date -u +%Y%m%dT%H%M%SZ)"`;

const writtenStart = ({ input }: StartCommand, place: CommandPlace): string => {
  const machine = 'reason' in input ? place.emergencyMachineArn : place.stateMachineArn;
  const { userName } = input;
  const options = { region: place.region, 'state-machine-arn': machine };
  return (
    `${written('stepfunctions', 'start-execution', options)} --name=${executionName(userName, place)} ` +
    shellOption('input', JSON.stringify(input))
  );
};

const writtenPolicy = ({ policyArn }: PolicyCommand): string => {
  const version = written('iam', 'get-policy', {
    'policy-arn': policyArn,
    query: 'Policy.DefaultVersionId',
    output: 'text',
  });
  return `${written('iam', 'get-policy-version', { 'policy-arn': policyArn })} ${quoted('version-id', `$(${version})`)}`;
};

/**
 * Where a partition's global services are, and CloudTrail has their events (CloudTrail User Guide, "Global service events"; IAM's
 * endpoints in the AWS General Reference).
 */
const homeOf = (region: string): string => {
  if (region.startsWith('us-gov-')) return 'us-gov-west-1';
  return region.startsWith('cn-') ? 'cn-north-1' : 'us-east-1';
};

/** IAM is one for all Regions. */
const inRegion = ({ service, about }: ServiceCommand, region: string): Readonly<Record<string, string>> => {
  if (service === 'iam') return {};
  return { region: about === 'iam' ? homeOf(region) : region };
};

/**
 * A command as a person copies it.
 *
 * @param place - default: nowhere. Then a call is for the Region that the person is signed in to, and of a start only the input is
 *   written.
 */
export const writeCommand = (command: Command, place?: CommandPlace): string => {
  if (command.kind === 'call') {
    const { service, operation, options } = command;
    return written(service, operation, { ...(place && inRegion(command, place.region)), ...options });
  }
  if (command.kind === 'policy') return writtenPolicy(command);
  return place === undefined ? `start ${JSON.stringify(command.input)}` : writtenStart(command, place);
};

/** Sets an access key Active or Inactive. */
export const setKeyStatus = (userName: string, accessKeyId: string, status: 'Active' | 'Inactive'): Command =>
  call('iam', 'update-access-key', { 'user-name': userName, 'access-key-id': accessKeyId, status });

/** Deletes an access key for good. */
export const deleteKey = (userName: string, accessKeyId: string): Command =>
  call('iam', 'delete-access-key', { 'user-name': userName, 'access-key-id': accessKeyId });

/** Lists a user's access keys. */
export const listAccessKeys = (userName: string): Command =>
  call('iam', 'list-access-keys', { 'user-name': userName });

/** Takes a tag from a user. */
export const untagUser = (userName: string, tagKey: string): Command =>
  call('iam', 'untag-user', { 'user-name': userName, 'tag-keys': tagKey });

/** Tells when an access key was last used. */
export const lastUseOfKey = (accessKeyId: string): Command =>
  call('iam', 'get-access-key-last-used', { 'access-key-id': accessKeyId });

/**
 * Lists what was done with an access key, as far as CloudTrail's event history of a Region goes: management events of 90 days.
 *
 * @param region - default: that of the message.
 */
export const eventsOfKey = (accessKeyId: string, region?: string): Command =>
  call('cloudtrail', 'lookup-events', {
    ...(region !== undefined && { region }),
    'lookup-attributes': `AttributeKey=AccessKeyId,AttributeValue=${accessKeyId}`,
  });

/** Lists what was done to an access key, its creation first of all: it names the key as a resource. */
export const eventsAboutKey = (accessKeyId: string): Command => ({
  ...call('cloudtrail', 'lookup-events', {
    'lookup-attributes': `AttributeKey=ResourceName,AttributeValue=${accessKeyId}`,
  }),
  about: 'iam',
});

const denyOlderSessions = (before: Date): ServiceCommand['options'] => ({
  'policy-name': 'DenyOlderSessions',
  'policy-document': JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': before.toISOString() } },
      },
    ],
  }),
});

/**
 * Denies everything to sessions of a user that began before some time. Only requests with temporary credentials have
 * `aws:TokenIssueTime`, so a request that is signed with a long-term key is not denied (IAM User Guide, "Disabling permissions for
 * temporary security credentials" and "AWS global condition context keys").
 */
export const endSessions = (userName: string, before: Date): Command =>
  call('iam', 'put-user-policy', { 'user-name': userName, ...denyOlderSessions(before) });

/** The same for the sessions of a role, whoever has assumed it (IAM User Guide, "Revoking IAM role temporary security credentials"). */
export const endRoleSessions = (roleName: string, before: Date): Command =>
  call('iam', 'put-role-policy', { 'role-name': roleName, ...denyOlderSessions(before) });

/** Shows what a managed policy allows or denies in its default version. */
export const showPolicy = (policyArn: string): Command => ({ kind: 'policy', policyArn });

/** Takes a managed policy from a user. */
export const detachPolicy = (userName: string, policyArn: string): Command =>
  call('iam', 'detach-user-policy', { 'user-name': userName, 'policy-arn': policyArn });

/** Creates a secret without a key; undefined for an ARN, whose last characters AWS chooses. */
export const createSecret = (secretId: string): Command | undefined =>
  secretId.startsWith('arn:')
    ? undefined
    : call('secretsmanager', 'create-secret', { name: secretId, 'secret-string': '{}' });

/** Gives a secret a new version at AWSCURRENT, without a key. */
export const emptySecret = (secretId: string): Command =>
  call('secretsmanager', 'put-secret-value', { 'secret-id': secretId, 'secret-string': '{}' });

/** Says of a secret which versions it has, under which labels, and what becomes of it. Prints no key material. */
export const describeSecret = (secretId: string): Command =>
  call('secretsmanager', 'describe-secret', { 'secret-id': secretId });

/** Prints what a version of a secret holds, key material included. */
export const showVersion = (secretId: string, versionId: string): Command =>
  call('secretsmanager', 'get-secret-value', {
    'secret-id': secretId,
    'version-id': versionId,
    query: 'SecretString',
    output: 'text',
  });

/** Undoes the scheduled deletion of a secret. */
export const restoreSecret = (secretId: string): Command =>
  call('secretsmanager', 'restore-secret', { 'secret-id': secretId });

/** Switches Secrets Manager's own rotation of a secret off. */
export const cancelRotation = (secretId: string): Command =>
  call('secretsmanager', 'cancel-rotate-secret', { 'secret-id': secretId });

/**
 * Sets a tag of a secret.
 *
 * @param value - without commas, which the shorthand of the AWS CLI would take for the next field.
 */
export const setTag = (secretId: string, tagKey: string, value: string): Command =>
  call('secretsmanager', 'tag-resource', { 'secret-id': secretId, tags: `Key=${tagKey},Value=${value}` });

/** Takes a tag from a secret. */
export const removeTag = (secretId: string, tagKey: string): Command =>
  call('secretsmanager', 'untag-resource', { 'secret-id': secretId, 'tag-keys': tagKey });

/** Takes a staging label from the version that it is on. */
export const removeLabel = (secretId: string, label: string, versionId: string): Command =>
  call('secretsmanager', 'update-secret-version-stage', {
    'secret-id': secretId,
    'version-stage': label,
    'remove-from-version-id': versionId,
  });

/** Moves AWSCURRENT from one version to another. */
export const moveCurrent = (
  secretId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Command =>
  call('secretsmanager', 'update-secret-version-stage', {
    'secret-id': secretId,
    'version-stage': 'AWSCURRENT',
    'remove-from-version-id': from,
    'move-to-version-id': to,
  });

/** Shows what an execution was started with, how it has ended, and what it says of it. */
export const describeExecution = (executionArn: string): Command =>
  call('stepfunctions', 'describe-execution', { 'execution-arn': executionArn });

/** Stops an execution. */
export const stopExecution = (executionArn: string): Command =>
  call('stepfunctions', 'stop-execution', { 'execution-arn': executionArn });

/** Starts an execution that goes on from what is there, or resumes or rolls back a rotation. */
export const startRotation = (userName: string, action?: RotationStart['action']): Command => ({
  kind: 'start',
  input: { userName, ...(action !== undefined && { action }) },
});

/** Declares that a key has leaked. */
export const declareEmergency = (
  userName: string,
  accessKeyId: string,
  reason: string,
  more: { readonly outage?: 'accepted' } = {},
): Command => ({
  kind: 'start',
  input: { userName, accessKeyId, reason, ...more },
});

/** Shows the labels of a secret's versions, and no value. */
export const showLabels = (secretId: string): Command =>
  call('secretsmanager', 'describe-secret', { 'secret-id': secretId, query: 'VersionIdsToStages' });

/** Shows the state of a secret's replicas. */
export const showReplicas = (secretId: string): Command =>
  call('secretsmanager', 'describe-secret', { 'secret-id': secretId, query: 'ReplicationStatus' });

/** Shows a schedule. */
export const showSchedule = (groupName: string, name: string): Command =>
  call('scheduler', 'get-schedule', { 'group-name': groupName, name });

/** Lists who is subscribed to a topic. */
export const listSubscriptions = (topicArn: string): Command =>
  call('sns', 'list-subscriptions-by-topic', { 'topic-arn': topicArn });

/** Shows how alarms stand. What is not there is not shown. */
export const showAlarms = (names: readonly string[]): Command =>
  call('cloudwatch', 'describe-alarms', {
    // Several names are a list, which the AWS CLI takes as JSON in one word.
    'alarm-names': names.length === 1 ? String(names[0]) : JSON.stringify(names),
    query: 'MetricAlarms[].[AlarmName,StateValue,StateUpdatedTimestamp]',
    output: 'text',
  });
