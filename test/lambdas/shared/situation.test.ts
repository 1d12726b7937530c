import { parseSecretDocument, tombstoneDocument } from '../../../lambdas/shared/secret-document';
import {
  currentKeyId,
  describeKeys,
  findKey,
  readSituation,
  withoutMaterial,
} from '../../../lambdas/shared/situation';
import { intentVersionId } from '../../../lambdas/shared/versions';
import { ENROLLED, holding, key, NEW, OLD, OWNER } from '../support/fixtures';
import { accountOf, READABLE } from '../support/gateways';

const SECRET = ENROLLED.secretId;
const DOCUMENT = JSON.stringify({ AccessKeyId: NEW, SecretAccessKey: 'not-a-real-secret', bucket: 'b' });

/** The lock is this owner's. */
const locked = (secretString = DOCUMENT) => {
  const account = accountOf(secretString);
  account.aws.secretsManager.putValue(SECRET, '{"kind":"intent"}', {
    versionId: intentVersionId(OWNER),
    labels: ['AWSPENDING'],
  });
  const read = (owner = OWNER) => readSituation(account.iam, account.secrets, READABLE, owner);
  return { ...account, read };
};

describe('readSituation', () => {
  test('tells what is there, and no key material', async () => {
    const { aws, read } = locked();
    const { accessKeyId } = aws.iam.addAccessKey('alice');
    const situation = await read();
    expect(situation).toMatchObject({
      keys: [{ accessKeyId, status: 'Active' }],
      current: holding(NEW),
      currentVersionId: aws.secretsManager.holderOf(SECRET, 'AWSCURRENT'),
      currentOwnerFields: { bucket: 'b' },
    });
    expect(situation.secret.versionByLabel.get('AWSPENDING')).toBe(intentVersionId(OWNER));
    expect(JSON.stringify(situation)).not.toContain('not-a-real-secret');
  });

  type Account = ReturnType<typeof locked>['aws'];
  test.each<[string, (aws: Account) => void, string, RegExp]>([
    [
      'the lock is on no version',
      (aws) => aws.secretsManager.moveLabel(SECRET, 'AWSPENDING'),
      'StateDrift',
      /does not hold the lock/,
    ],
    [
      'the lock is on the intent of another execution',
      (aws) =>
        void aws.secretsManager.putValue(SECRET, '{}', {
          versionId: intentVersionId(`${OWNER}0`),
          labels: ['AWSPENDING'],
        }),
      'StateDrift',
      /does not hold the lock/,
    ],
    [
      'the secret is gone',
      (aws) => aws.secretsManager.removeSecret(SECRET),
      'SecretConflict',
      /exist any more\./,
    ],
    [
      'the secret is scheduled for deletion',
      (aws) => void aws.secretsManager.scheduleDeletion(SECRET),
      'SecretConflict',
      /is scheduled for deletion\./,
    ],
    [
      "Secrets Manager's own rotation is on",
      (aws) => aws.secretsManager.setRotationEnabled(SECRET, true),
      'SecretConflict',
      /own rotation switched on\./,
    ],
  ])('refuses when %s, and reads no further', async (_case, given, name, message) => {
    const { aws, read } = locked();
    given(aws);
    await expect(read()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    expect(aws.calls.map(({ operation }) => operation)).toEqual(['DescribeSecret']);
  });

  test('refuses when the user is gone', async () => {
    const { aws, read } = locked();
    aws.iam.removeUser('alice');
    await expect(read()).rejects.toMatchObject({ name: 'UserNotFound' });
  });

  test('refuses when nothing is AWSCURRENT', async () => {
    const { aws, read } = locked();
    aws.faults.inject({
      kind: 'error',
      code: 'ResourceNotFoundException',
      status: 400,
      match: ({ operation }) => operation === 'GetSecretValue',
    });
    await expect(read()).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringContaining('The user has no access key.'),
      leak: 'told',
    });
  });
});

test.each<[string, string, object, string | null]>([
  ['a key', DOCUMENT, holding(NEW), NEW],
  ['no key', '{"bucket":"b"}', { kind: 'no-key' }, null],
  [
    'what cannot be read',
    '[]',
    { kind: 'unreadable', problem: 'its value is JSON, but not an object' },
    null,
  ],
  [
    "the rotation's own",
    tombstoneDocument(NEW),
    { kind: 'unreadable', problem: "AWSCURRENT is on the rotation's own tombstone" },
    null,
  ],
])('of a document with %s, only what decisions need is left', (_case, text, expected, accessKeyId) => {
  const current = withoutMaterial(parseSecretDocument(text));
  expect(current).toEqual(expected);
  expect(currentKeyId(current)).toBe(accessKeyId);
});

test.each([
  [[], 'The user has no access key.'],
  [[key(OLD)], 'Keys now: ****OLD1 Active.'],
  [[key(OLD, 'Inactive'), key(NEW)], 'Keys now: ****OLD1 Inactive, ****NEW2 Active.'],
])('keys in a sentence', (keys, sentence) => {
  expect(describeKeys(keys)).toBe(sentence);
});

test('a key is found by its whole ID', () => {
  expect(findKey([key(OLD), key(NEW)], NEW)).toEqual(key(NEW));
  expect(findKey([key(OLD)], NEW)).toBeUndefined();
  expect(findKey([key(OLD)], null)).toBeUndefined();
});
