import { LATE_READ_SECONDS } from '../../../../lambdas/shared/contract/timing';
import {
  currentKeyId,
  findKey,
  findSituation,
  judgeLock,
  lacksLabel,
  withoutMaterial,
} from '../../../../lambdas/shared/findings/situation';
import { Late } from '../../../../lambdas/shared/gateways/late-reads';
import { SecretGateway } from '../../../../lambdas/shared/gateways/secret-gateway';
import { parseSecretDocument, tombstoneDocument } from '../../../../lambdas/shared/secret/secret-document';
import { intentVersionId, keyLabel } from '../../../../lambdas/shared/secret/versions';
import { secret } from '../../support/facts';
import { ENROLLED, holding, key, NEW, NOW, OLD, OWNER } from '../../support/fixtures';
import { accountOf, READABLE } from '../../support/gateways';

const SECRET = ENROLLED.secretId;
const DOCUMENT = JSON.stringify({ AccessKeyId: NEW, SecretAccessKey: 'not-a-real-secret', bucket: 'b' });

/** The lock is this owner's. */
const locked = (secretString = DOCUMENT) => {
  const account = accountOf(secretString);
  account.aws.secretsManager.putValue(SECRET, '{"kind":"intent"}', {
    versionId: intentVersionId(OWNER),
    labels: ['AWSPENDING'],
  });
  const find = async (state: Partial<Parameters<typeof findSituation>[2]> = {}) => {
    const uninstall = account.clock.install();
    try {
      return await account.clock.run(() =>
        findSituation(account.iam, account.secrets, { ...READABLE, ...state }, OWNER),
      );
    } finally {
      uninstall();
    }
  };
  const read = async (...state: Parameters<typeof find>) => {
    const found = await find(...state);
    if ('why' in found) throw new Error(found.why.code);
    return found;
  };
  return { ...account, find, read };
};

describe('findSituation', () => {
  test('tells what is there, and no key material', async () => {
    const { aws, read } = locked();
    const { accessKeyId } = aws.iam.addAccessKey('alice');
    const situation = await read();
    expect(situation).toMatchObject({
      keys: [{ accessKeyId, status: 'Active' }],
      current: holding(NEW),
      currentVersionId: aws.secretsManager.holderOf(SECRET, 'AWSCURRENT'),
    });
    expect(situation.currentText()).toBe(aws.secretsManager.valueOf(SECRET));
    expect(situation.secret.versionByLabel.get('AWSPENDING')).toBe(intentVersionId(OWNER));
    expect(JSON.stringify(situation)).not.toContain('not-a-real-secret');
  });

  type Account = ReturnType<typeof locked>['aws'];
  test.each<[string, (aws: Account) => void, string, object]>([
    [
      'the lock is on nothing any more',
      (aws) => aws.secretsManager.moveLabel(SECRET, 'AWSPENDING'),
      'StateDrift',
      { code: 'lock-lost', pending: undefined },
    ],
    [
      'the lock is on the intent of another execution',
      (aws) =>
        void aws.secretsManager.putValue(SECRET, '{}', {
          versionId: intentVersionId(`${OWNER}0`),
          labels: ['AWSPENDING'],
        }),
      'StateDrift',
      { code: 'lock-lost', pending: intentVersionId(`${OWNER}0`) },
    ],
    [
      'the secret is gone',
      (aws) => aws.secretsManager.removeSecret(SECRET),
      'SecretConflict',
      { code: 'secret-missing' },
    ],
    [
      'the secret is scheduled for deletion',
      (aws) => void aws.secretsManager.scheduleDeletion(SECRET),
      'SecretConflict',
      { code: 'scheduled-for-deletion' },
    ],
    [
      "Secrets Manager's own rotation is on",
      (aws) => aws.secretsManager.setRotationEnabled(SECRET, true),
      'SecretConflict',
      { code: 'rotation-enabled' },
    ],
  ])('refuses when %s, and reads no further', async (_case, given, error, why) => {
    const { aws, find } = locked();
    given(aws);
    // Later than a read could be late.
    const publishedAt = '2020-01-01T00:00:00.000Z';
    expect(await find({ publishedAt })).toEqual({ kind: 'refuse', error, why });
    expect(aws.calls.map(({ operation }) => operation)).toEqual(['DescribeSecret']);
  });

  test('refuses when the user is gone', async () => {
    const { aws, find } = locked();
    aws.iam.removeUser('alice');
    expect(await find()).toMatchObject({ error: 'UserNotFound', why: { code: 'user-missing' } });
  });

  test('refuses when nothing is AWSCURRENT', async () => {
    const { aws, find } = locked();
    jest.spyOn(SecretGateway.prototype, 'current').mockResolvedValueOnce(undefined);
    jest
      .spyOn(SecretGateway.prototype, 'describe')
      .mockResolvedValueOnce(secret({ versionByLabel: new Map([['AWSPENDING', intentVersionId(OWNER)]]) }));
    expect(await find()).toEqual({
      kind: 'refuse',
      error: 'SecretConflict',
      why: { code: 'no-current', keys: [] },
      leak: 'told',
    });
    expect(aws.calls.map(({ operation }) => operation)).toEqual(['ListAccessKeys']);
  });

  test('waits until the lock shows', async () => {
    const { aws, clock, read } = locked();
    aws.behaviour.secretsReadLag = 2000;
    const { secret } = await read();
    expect(secret.versionByLabel.get('AWSPENDING')).toBe(intentVersionId(OWNER));
    expect(aws.calls.length).toBeGreaterThan(3);
    await clock.advance(2000);
    aws.behaviour.secretsReadLag = 0;
    const before = aws.calls.length;
    await read();
    expect(aws.calls).toHaveLength(before + 3);
  });

  test('waits no longer than some seconds, and changes its mind about nothing', async () => {
    const { aws, clock, read } = locked();
    const start = clock.now().getTime();
    aws.behaviour.secretsReadLag = 86_400_000;
    await expect(read()).rejects.toMatchObject({
      name: 'TransientServiceError',
      message: expect.stringContaining('does not show AWSPENDING'),
    });
    expect(aws.calls.map(({ operation }) => operation)).toEqual(Array(6).fill('DescribeSecret'));
    expect(clock.now().getTime() - start).toBe(4000);
  });

  test('looks again when an edit falls between its reads', async () => {
    const { aws, read } = locked();
    aws.faults.inject({
      kind: 'act',
      match: ({ operation }) => operation === 'ListAccessKeys',
      act: () => void aws.secretsManager.edit(SECRET, () => '{"edited":true}'),
    });
    expect((await read()).currentText()).toBe('{"edited":true}');
    expect(aws.calls).toHaveLength(6);
  });

  test.each([
    ['a moment ago', 0, 'TransientServiceError'],
    ['right before the end of the bound', LATE_READ_SECONDS - 5, 'TransientServiceError'],
    ['long enough ago', LATE_READ_SECONDS, undefined],
  ])('when the new key was published %s, AWSCURRENT must be on it', async (_when, seconds, name) => {
    const { clock, read } = locked();
    const publishedAt = new Date(clock.now().getTime() - seconds * 1000).toISOString();
    const found = await read({ newAccessKeyId: OLD, publishedAt }).catch((error: Error) => error);
    expect(found).toMatchObject(name === undefined ? { current: holding(NEW) } : { name });
  });
});

describe('judgeLock', () => {
  const before = 'intent-of-the-predecessor';
  const other = intentVersionId(`${OWNER}0`);
  const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

  test.each<[string, string | undefined, string | null, string | undefined, string]>([
    ['ours', intentVersionId(OWNER), null, undefined, 'ours'],
    ['nowhere, right after it was taken', undefined, null, undefined, 'late'],
    ["the predecessor's, right after the takeover", before, before, undefined, 'late'],
    ["another execution's", other, before, undefined, 'drift'],
    ["another execution's, and there was no predecessor", other, null, undefined, 'drift'],
    ['nowhere, right after the publication', undefined, null, ago(LATE_READ_SECONDS - 1), 'late'],
    ['nowhere, long after the publication', undefined, null, ago(LATE_READ_SECONDS), 'drift'],
    ["the predecessor's, long after the publication", before, before, ago(LATE_READ_SECONDS), 'drift'],
  ])('%s', (_case, pending, predecessorVersionId, publishedAt, expected) => {
    const state = { ...READABLE, predecessorVersionId, publishedAt };
    expect(judgeLock(pending, { owner: OWNER, state }, NOW)).toBe(expected);
  });
});

describe('lacksLabel', () => {
  const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

  test.each<[string, boolean, string, Date | undefined, boolean]>([
    ['the label shows', true, OLD, undefined, false],
    ['the label is nowhere, and since when it should be there is not known', false, OLD, undefined, true],
    [
      'the label is nowhere, and the key was tested a moment ago',
      false,
      OLD,
      ago(LATE_READ_SECONDS - 1),
      true,
    ],
    ['the label is nowhere, and the key was tested long ago', false, OLD, ago(LATE_READ_SECONDS), false],
    ['the label is nowhere, and consumers read the key', false, NEW, undefined, false],
  ])('%s', async (_case, labelled, current, storedBy, isLate) => {
    const { read } = locked();
    const situation = await read();
    const versionByLabel = new Map(labelled ? [[keyLabel(NEW), 'a-version']] : []);
    const found = lacksLabel(NEW, storedBy)(
      { ...situation, current: holding(current), secret: { ...situation.secret, versionByLabel } },
      NOW,
    );
    expect(found instanceof Late).toBe(isLate);
  });
});

test.each<[string, string, object, string | null]>([
  ['a key', DOCUMENT, holding(NEW), NEW],
  ['no key', '{"bucket":"b"}', { kind: 'no-key' }, null],
  ['what cannot be read', '[]', { kind: 'unreadable', problem: { code: 'not-an-object' } }, null],
  [
    "the rotation's own",
    tombstoneDocument(NEW),
    { kind: 'unreadable', problem: { code: 'rotations-own', document: 'tombstone' } },
    null,
  ],
])('of a document with %s, only what decisions need is left', (_case, text, expected, accessKeyId) => {
  const current = withoutMaterial(parseSecretDocument(text));
  expect(current).toEqual(expected);
  expect(currentKeyId(current)).toBe(accessKeyId);
});

test('a key is found by its whole ID', () => {
  expect(findKey([key(OLD), key(NEW)], NEW)).toEqual(key(NEW));
  expect(findKey([key(OLD)], NEW)).toBeUndefined();
  expect(findKey([key(OLD)], null)).toBeUndefined();
});
