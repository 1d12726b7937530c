import { shellOption } from '../../../consumer/ground/shell-word';

/**
 * Every command of the AWS CLI that a message hands to a person, and every input of an execution. A command is complete and
 * can be copied as it is: into a POSIX shell, for the account and the Region that the person is signed in to.
 */

const command = (
  service: 'iam' | 'secretsmanager' | 'stepfunctions',
  operation: string,
  options: Readonly<Record<string, string>>,
): string =>
  [
    'aws',
    service,
    operation,
    ...Object.entries(options).map(([name, value]) => shellOption(name, value)),
  ].join(' ');

/** Sets an access key Active or Inactive. */
export const setKeyStatus = (userName: string, accessKeyId: string, status: 'Active' | 'Inactive'): string =>
  command('iam', 'update-access-key', { 'user-name': userName, 'access-key-id': accessKeyId, status });

/** Lists a user's access keys. */
export const listAccessKeys = (userName: string): string =>
  command('iam', 'list-access-keys', { 'user-name': userName });

/** Takes a tag from a user. */
export const untagUser = (userName: string, tagKey: string): string =>
  command('iam', 'untag-user', { 'user-name': userName, 'tag-keys': tagKey });

/** Tells when an access key was last used. */
export const lastUseOfKey = (accessKeyId: string): string =>
  command('iam', 'get-access-key-last-used', { 'access-key-id': accessKeyId });

/** Creates a secret without a key; undefined for an ARN, whose last characters AWS chooses. */
export const createSecret = (secretId: string): string | undefined =>
  secretId.startsWith('arn:')
    ? undefined
    : command('secretsmanager', 'create-secret', { name: secretId, 'secret-string': '{}' });

/** Gives a secret a new version at AWSCURRENT, without a key. */
export const emptySecret = (secretId: string): string =>
  command('secretsmanager', 'put-secret-value', { 'secret-id': secretId, 'secret-string': '{}' });

/** Prints what a version of a secret holds, key material included. */
export const showVersion = (secretId: string, versionId: string): string =>
  command('secretsmanager', 'get-secret-value', {
    'secret-id': secretId,
    'version-id': versionId,
    query: 'SecretString',
    output: 'text',
  });

/** Undoes the scheduled deletion of a secret. */
export const restoreSecret = (secretId: string): string =>
  command('secretsmanager', 'restore-secret', { 'secret-id': secretId });

/** Switches Secrets Manager's own rotation of a secret off. */
export const cancelRotation = (secretId: string): string =>
  command('secretsmanager', 'cancel-rotate-secret', { 'secret-id': secretId });

/**
 * Sets a tag of a secret.
 *
 * @param value - without commas, which the shorthand of the AWS CLI would take for the next field.
 */
export const setTag = (secretId: string, tagKey: string, value: string): string =>
  command('secretsmanager', 'tag-resource', { 'secret-id': secretId, tags: `Key=${tagKey},Value=${value}` });

/** Takes a tag from a secret. */
export const removeTag = (secretId: string, tagKey: string): string =>
  command('secretsmanager', 'untag-resource', { 'secret-id': secretId, 'tag-keys': tagKey });

/** Takes a staging label from the version that it is on. */
export const removeLabel = (secretId: string, label: string, versionId: string): string =>
  command('secretsmanager', 'update-secret-version-stage', {
    'secret-id': secretId,
    'version-stage': label,
    'remove-from-version-id': versionId,
  });

/** Moves AWSCURRENT from one version to another. */
export const moveCurrent = (
  secretId: string,
  { from, to }: { readonly from: string; readonly to: string },
): string =>
  command('secretsmanager', 'update-secret-version-stage', {
    'secret-id': secretId,
    'version-stage': 'AWSCURRENT',
    'remove-from-version-id': from,
    'move-to-version-id': to,
  });

/** Shows what an execution was started with, how it has ended, and what it says of it. */
export const describeExecution = (executionArn: string): string =>
  command('stepfunctions', 'describe-execution', { 'execution-arn': executionArn });

/** What an execution of the state machine is started with. */
export const executionInput = (input: {
  readonly userName: string;
  readonly action?: 'resume' | 'rollback';
}): string => JSON.stringify(input);
