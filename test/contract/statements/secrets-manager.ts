import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { accepted, refused, type Statement, same } from '../statement';
import { type Subject, VALUE, versionId } from '../subject';

const [first, second, third] = ['first', 'second', 'third'].map(versionId) as [string, string, string];
const VERSIONS = { first, second, third };

const put = (
  { secretsManager }: Subject,
  secretId: string,
  version: string,
  labels?: readonly string[],
  value = VALUE,
): Promise<unknown> =>
  secretsManager.send(
    new PutSecretValueCommand({
      SecretId: secretId,
      ClientRequestToken: version,
      SecretString: value,
      ...(labels && { VersionStages: [...labels] }),
    }),
  );

const move = (
  { secretsManager }: Subject,
  secretId: string,
  label: string,
  { from, to }: { readonly from?: string; readonly to?: string },
): Promise<unknown> =>
  secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: label,
      ...(from !== undefined && { RemoveFromVersionId: from }),
      ...(to !== undefined && { MoveToVersionId: to }),
    }),
  );

/** A secret whose second version has the label `lock`, and whose third has `other`. */
const withLock = async (subject: Subject): Promise<string> => {
  const secretId = await subject.secret(first);
  await put(subject, secretId, second, ['lock']);
  await put(subject, secretId, third, ['other']);
  return secretId;
};

const LOCK_UNMOVED = { first: ['AWSCURRENT'], second: ['lock'], third: ['other'] };

const UPDATE_STAGE = 'Secrets Manager API, UpdateSecretVersionStage';
const PUT_VALUE = 'Secrets Manager API, PutSecretValue';

export const secretsManagerStatements: readonly Statement[] = [
  {
    service: 'Secrets Manager',
    id: 'move-without-remove-from',
    says: 'A label that sits on another version is not moved when RemoveFromVersionId is missing.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'taking the lock',
    check: async (subject) => {
      const secretId = await withLock(subject);
      await refused(
        'moving a label without RemoveFromVersionId',
        move(subject, secretId, 'lock', { to: third }),
        'InvalidParameterException',
      );
      same('where the labels sit afterwards', await subject.labels(secretId, VERSIONS), LOCK_UNMOVED);
    },
  },
  {
    service: 'Secrets Manager',
    id: 'move-with-wrong-remove-from',
    says: 'A label is not moved when RemoveFromVersionId names a version that does not have it.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'taking the lock over',
    check: async (subject) => {
      const secretId = await withLock(subject);
      await refused(
        'moving a label from a version that does not have it',
        move(subject, secretId, 'lock', { from: first, to: third }),
        'InvalidParameterException',
      );
      same('where the labels sit afterwards', await subject.labels(secretId, VERSIONS), LOCK_UNMOVED);
    },
  },
  {
    service: 'Secrets Manager',
    id: 'move-with-right-remove-from',
    says: 'A label is moved when RemoveFromVersionId names the version that has it.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'taking the lock over',
    check: async (subject) => {
      const secretId = await withLock(subject);
      await accepted(
        'moving a label from the version that has it',
        move(subject, secretId, 'lock', { from: second, to: third }),
      );
      same('where the labels sit afterwards', await subject.labels(secretId, VERSIONS), {
        first: ['AWSCURRENT'],
        third: ['lock', 'other'],
      });
    },
  },
  {
    service: 'Secrets Manager',
    id: 'replayed-put-leaves-labels',
    says: 'A PutSecretValue that is replayed with the same token, value and labels does not bring a label back that has moved on.',
    source: `${PUT_VALUE}, ClientRequestToken`,
    matters: 'a late or repeated write of an intent',
    check: async (subject) => {
      const secretId = await withLock(subject);
      await accepted('moving the label', move(subject, secretId, 'lock', { from: second, to: third }));
      await accepted('the replay', put(subject, secretId, second, ['lock']));
      same('where the labels sit afterwards', await subject.labels(secretId, VERSIONS), {
        first: ['AWSCURRENT'],
        third: ['lock', 'other'],
      });
    },
  },
  {
    service: 'Secrets Manager',
    id: 'token-taken-by-other-value',
    says: 'PutSecretValue refuses another value under a token that a version has already.',
    source: `${PUT_VALUE}, ClientRequestToken`,
    matters: 'the tombstone under a key’s version ID',
    check: async (subject) => {
      const secretId = await withLock(subject);
      await refused(
        'another value under a token that is taken',
        put(subject, secretId, second, ['lock'], '{"a":"another"}'),
        'ResourceExistsException',
      );
      const { SecretString } = await subject.secretsManager.send(
        new GetSecretValueCommand({ SecretId: secretId, VersionId: second }),
      );
      same('the value afterwards', SecretString, VALUE);
    },
  },
];
