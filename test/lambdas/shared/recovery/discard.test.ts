import { discardKey, findStoredKeys, findVersionOf } from '../../../../lambdas/shared/recovery/discard';
import { accessKeyDocument } from '../../../../lambdas/shared/secret/key-document';
import { tombstoneDocument } from '../../../../lambdas/shared/secret/secret-document';
import {
  formerKeyVersionId,
  intentVersionId,
  keyLabel,
  keyVersionId,
  mergedVersionId,
  publishedLabel,
} from '../../../../lambdas/shared/secret/versions';
import { DAY } from '../../../support/time';
import { ENROLLED, NEW, NOW, OLD, OTHER, OWNER } from '../../support/fixtures';
import { accountOf, READABLE } from '../../support/gateways';

const SECRET = ENROLLED.secretId;
const documentOf = (accessKeyId: string) =>
  accessKeyDocument({
    accessKeyId,
    secretAccessKey: 'not-a-real-secret',
    userName: 'alice',
    createDate: NOW,
  });
/** As earlier releases wrote it. */
const formerDocument = (accessKeyId: string, root: string) =>
  JSON.stringify({ ...JSON.parse(documentOf(accessKeyId)), RotationId: root });
/** As a person writes it. */
const byHand = (accessKeyId: string) =>
  JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: 'not-a-real-secret' });
const A_VERSION = 'a-version-that-a-person-has-made-of-it';
const ANOTHER = 'another-version-that-a-person-has-made';

type Account = ReturnType<typeof accountOf>;
const put = ({ aws }: Account, text: string, versionId: string, ...labels: readonly string[]) =>
  aws.secretsManager.putValue(SECRET, text, { versionId, labels });

describe('findStoredKeys', () => {
  const found = (accessKeyId: string, versionId: string, publishable: boolean, published: boolean) => ({
    accessKeyId,
    versionId,
    publishable,
    published,
  });
  const NEW_ID = keyVersionId(OWNER, NEW);
  const merged = (versionId: string) =>
    mergedVersionId(OWNER, { versionId, accessKeyId: NEW, formerRotationId: undefined }, '{}');
  const MERGED = merged(NEW_ID);

  test.each<[string, readonly string[], (account: Account) => void, readonly object[]]>([
    ['no key is asked about', [], (account) => put(account, documentOf(NEW), NEW_ID, keyLabel(NEW)), []],
    ['no version is there', [NEW], () => undefined, []],
    [
      'a key is stored',
      [NEW],
      (account) => put(account, documentOf(NEW), NEW_ID, keyLabel(NEW)),
      [found(NEW, NEW_ID, true, false)],
    ],
    [
      'a key is merged, and marked',
      [NEW],
      (account) => {
        put(account, documentOf(NEW), NEW_ID, 'rotation-scratch');
        put(account, documentOf(NEW), MERGED, keyLabel(NEW), publishedLabel(NEW));
      },
      [found(NEW, MERGED, true, true)],
    ],
    [
      'a key of somebody else’s is put into another document',
      [NEW],
      (account) => {
        put(account, documentOf(NEW), merged(A_VERSION), keyLabel(NEW));
        put(account, documentOf(NEW), merged(keyVersionId(`${OWNER}0`, NEW)), publishedLabel(NEW));
      },
      [],
    ],
    [
      'a key is condemned: its first version still says whose it is',
      [NEW],
      (account) => put(account, documentOf(NEW), NEW_ID, 'rotation-scratch'),
      [found(NEW, NEW_ID, false, false)],
    ],
    [
      'a key is condemned by its label on an intent',
      [NEW],
      (account) => {
        put(account, documentOf(NEW), NEW_ID, 'rotation-scratch');
        put(account, '{"kind":"intent"}', intentVersionId(OWNER), keyLabel(NEW));
      },
      [found(NEW, NEW_ID, false, false)],
    ],
    [
      'a key is condemned, and marked',
      [NEW],
      (account) => put(account, documentOf(NEW), NEW_ID, publishedLabel(NEW)),
      [found(NEW, NEW_ID, false, true)],
    ],
    [
      'the mark is on a version that a person has made of the key',
      [NEW],
      (account) => {
        put(account, byHand(NEW), A_VERSION, publishedLabel(NEW));
        put(account, documentOf(NEW), NEW_ID, 'rotation-scratch');
      },
      [found(NEW, NEW_ID, false, true)],
    ],
    [
      'another rotation has stored the key',
      [NEW],
      (account) => put(account, documentOf(NEW), keyVersionId(`${OWNER}0`, NEW), keyLabel(NEW)),
      [],
    ],
    [
      'another rotation has stored the key, though an earlier release’s document of it names this one',
      [NEW],
      (account) => put(account, formerDocument(NEW, OWNER), keyVersionId(`${OWNER}0`, NEW), keyLabel(NEW)),
      [],
    ],
    [
      'an earlier release has stored it for this rotation',
      [NEW],
      (account) => put(account, formerDocument(NEW, OWNER), formerKeyVersionId(NEW), 'rotation-scratch'),
      [found(NEW, formerKeyVersionId(NEW), false, false)],
    ],
    [
      'an earlier release has stored it for another rotation',
      [NEW],
      (account) => put(account, formerDocument(NEW, `${OWNER}0`), formerKeyVersionId(NEW), keyLabel(NEW)),
      [],
    ],
    [
      'a person has put the label on a copy of what an earlier release has stored',
      [NEW],
      (account) => put(account, formerDocument(NEW, OWNER), A_VERSION, keyLabel(NEW)),
      [],
    ],
    [
      'a person has stored the key',
      [NEW],
      (account) => put(account, byHand(NEW), A_VERSION, keyLabel(NEW)),
      [],
    ],
    [
      'the version of the key holds another one',
      [NEW],
      (account) => put(account, documentOf(OTHER), NEW_ID, keyLabel(NEW)),
      [],
    ],
    [
      'the key was never stored',
      [NEW],
      (account) => put(account, tombstoneDocument(NEW), NEW_ID, 'rotation-scratch'),
      [],
    ],
    [
      'what consumers read names the rotation: whoever edits the key in it copies the other fields',
      [NEW],
      (account) => put(account, formerDocument(NEW, OWNER), A_VERSION, 'AWSCURRENT'),
      [],
    ],
    [
      'there are two, and one that is not',
      [NEW, OLD, OTHER],
      (account) => {
        put(account, documentOf(NEW), NEW_ID, keyLabel(NEW));
        put(account, documentOf(OTHER), keyVersionId(OWNER, OTHER), 'rotation-scratch');
      },
      [found(NEW, NEW_ID, true, false), found(OTHER, keyVersionId(OWNER, OTHER), false, false)],
    ],
  ])('when %s', async (_case, accessKeyIds, given, expected) => {
    const account = accountOf();
    given(account);
    const { versionByLabel = new Map() } = (await account.secrets.describe(SECRET)) ?? {};
    expect(await findStoredKeys(account.secrets, READABLE, OWNER, versionByLabel, accessKeyIds)).toEqual(
      expected,
    );
  });
});

describe('findVersionOf', () => {
  const find = async (account: Account): Promise<string | undefined> => {
    const secret = await account.secrets.describe(SECRET);
    if (secret === undefined) throw new Error('It is there.');
    return findVersionOf(account.secrets, READABLE, NEW, secret);
  };
  /** Made one after the other, a minute apart. */
  type Made = readonly [text: string, id: string, label: string];
  const made = async (...versions: readonly Made[]) => {
    const account = accountOf();
    for (const [text, id, label] of versions) {
      await account.clock.advance(60_000);
      put(account, text, id, label);
    }
    return account;
  };

  test.each<[string, readonly Made[], string | undefined]>([
    ['no version holds the key', [[byHand(OLD), A_VERSION, 'owners']], undefined],
    [
      'a rotation has stored it, before anything else',
      [
        [documentOf(NEW), keyVersionId('any rotation', NEW), 'rotation-scratch'],
        [byHand(NEW), A_VERSION, 'AWSCURRENT'],
      ],
      keyVersionId('any rotation', NEW),
    ],
    [
      'an earlier release has stored it, before anything else',
      [
        [documentOf(NEW), formerKeyVersionId(NEW), 'rotation-scratch'],
        [byHand(NEW), A_VERSION, 'AWSCURRENT'],
      ],
      formerKeyVersionId(NEW),
    ],
    [
      'consumers read it, though a younger version holds it, too',
      [
        [byHand(NEW), A_VERSION, 'AWSCURRENT'],
        [byHand(NEW), ANOTHER, 'owners'],
      ],
      A_VERSION,
    ],
    [
      'consumers read it last, though a younger version holds it, too',
      [
        [byHand(NEW), A_VERSION, 'AWSCURRENT'],
        [byHand(OLD), 'what-consumers-read-now-is-another-key', 'AWSCURRENT'],
        [byHand(NEW), ANOTHER, 'owners'],
      ],
      A_VERSION,
    ],
    [
      'nobody read it: the youngest one',
      [
        [byHand(NEW), ANOTHER, 'owners-1'],
        [byHand(NEW), A_VERSION, 'owners-2'],
        [byHand(OLD), 'the-youngest-version-holds-another-key', 'owners-3'],
      ],
      A_VERSION,
    ],
  ])('when %s', async (_case, versions, expected) => {
    expect(await find(await made(...versions))).toBe(expected);
  });

  const reads = (versionId: string) => (call: { readonly operation: string; readonly input: object }) =>
    call.operation === 'GetSecretValue' && 'VersionId' in call.input && call.input.VersionId === versionId;

  test('a version that cannot be read is passed over', async () => {
    const account = await made([byHand(NEW), ANOTHER, 'owners-1'], [byHand(NEW), A_VERSION, 'owners-2']);
    const withdraw = account.aws.faults.inject({
      kind: 'error',
      code: 'DecryptionFailure',
      status: 400,
      times: 2,
      match: reads(A_VERSION),
    });
    expect(await find(account)).toBe(ANOTHER);
    withdraw();
    // One refusal may have passed a moment later.
    account.aws.faults.inject({ kind: 'deny', denial: { by: 'KMS key' }, match: reads(A_VERSION) });
    expect(await find(account)).toBe(A_VERSION);
  });

  test('that no version can be read is no reason to take the key for one that is nowhere', async () => {
    const account = await made([byHand(NEW), ANOTHER, 'owners-1'], [byHand(NEW), A_VERSION, 'owners-2']);
    account.aws.faults.inject({
      kind: 'deny',
      denial: { by: 'KMS key' },
      times: 99,
      match: ({ operation }) => operation === 'GetSecretValue',
    });
    await expect(find(account)).rejects.toMatchObject({ name: 'PermissionDenied' });
  });

  test('that AWS does not answer is no reason to take another one', async () => {
    const account = await made([byHand(NEW), ANOTHER, 'owners-1'], [byHand(NEW), A_VERSION, 'owners-2']);
    account.aws.faults.inject({ kind: 'throttle', match: reads(A_VERSION) });
    await expect(find(account)).rejects.toMatchObject({ name: 'TransientServiceError' });
  });
});

describe('discardKey', () => {
  /** alice has the key, and the secret this version of it. */
  const holdingIt = (...labels: readonly ('key' | 'published')[]) => {
    const account = accountOf();
    const { accessKeyId } = account.aws.iam.addAccessKey('alice');
    const names = labels.map((label) =>
      label === 'key' ? keyLabel(accessKeyId) : publishedLabel(accessKeyId),
    );
    put(account, '{"kind":"intent"}', intentVersionId(OWNER), 'AWSPENDING');
    if (names.length > 0) put(account, documentOf(accessKeyId), keyVersionId(OWNER, accessKeyId), ...names);
    const discard = async () => {
      const uninstall = account.clock.install();
      const key = { userName: 'alice', secretId: SECRET, accessKeyId, owner: OWNER, rootRotationId: OWNER };
      try {
        return await account.clock.run(() => discardKey(account.iam, account.secrets, key));
      } finally {
        uninstall();
      }
    };
    const labelsNow = () =>
      [keyLabel(accessKeyId), publishedLabel(accessKeyId)].filter(
        (label) => account.aws.secretsManager.holderOf(SECRET, label) !== undefined,
      );
    const deletes = () => account.aws.calls.filter(({ operation }) => operation === 'DeleteAccessKey').length;
    return { ...account, accessKeyId, discard, labelsNow, deletes };
  };

  test('a key that was never stored is deleted, and can never be stored any more', async () => {
    const { aws, accessKeyId, discard, secrets } = holdingIt();
    expect(await discard()).toBe('deleted');
    expect(aws.iam.keysOf('alice')).toEqual([]);
    const late = {
      versionId: keyVersionId(OWNER, accessKeyId),
      text: documentOf(accessKeyId),
      labels: ['owners'],
    };
    expect(await secrets.put(SECRET, late)).toBe('other-content');
  });

  test('a stored key loses its label, and is deleted', async () => {
    const { aws, discard, labelsNow } = holdingIt('key');
    expect(await discard()).toBe('deleted');
    expect(aws.iam.keysOf('alice')).toEqual([]);
    expect(labelsNow()).toEqual([]);
  });

  test('a key with the mark of publication loses its label, and is kept', async () => {
    const { aws, accessKeyId, discard, labelsNow, deletes } = holdingIt('key', 'published');
    expect(await discard()).toBe('published');
    expect(aws.iam.keysOf('alice')).toHaveLength(1);
    expect(labelsNow()).toEqual([keyLabel(accessKeyId), publishedLabel(accessKeyId)]);
    expect(aws.secretsManager.holderOf(SECRET, keyLabel(accessKeyId))).toBe(intentVersionId(OWNER));
    expect(deletes()).toBe(0);
  });

  test.each<[string, readonly ('key' | 'published')[], string, number]>([
    ['is deleted', ['key'], 'deleted', 0],
    ['was condemned before', [], 'deleted', 0],
    ['was published a moment ago is kept', ['key', 'published'], 'published', 1],
  ])('however late reads are, a key that %s', async (_case, labels, expected, left) => {
    // Reads are of before the labels, until the function has waited long enough.
    const { aws, clock, discard } = holdingIt(...labels);
    await clock.advance(1000);
    aws.behaviour.secretsReadLag = 3000;
    expect(await discard()).toBe(expected);
    expect(aws.iam.keysOf('alice')).toHaveLength(left);
  });

  test('a key is kept as long as no read shows that it is condemned', async () => {
    const { aws, discard, deletes } = holdingIt('key');
    aws.behaviour.secretsReadLag = DAY;
    await expect(discard()).rejects.toMatchObject({
      name: 'TransientServiceError',
      message: expect.stringMatching(/does not show that the key AKIA\w+ is condemned/),
    });
    expect(deletes()).toBe(0);
  });

  test('a label that moves at the same moment is followed', async () => {
    const { aws, accessKeyId, discard, labelsNow } = holdingIt('key');
    const label = keyLabel(accessKeyId);
    aws.faults.inject({
      kind: 'act',
      match: ({ input }) => input.VersionStage === label,
      act: () => {
        const moved = aws.secretsManager.putValue(SECRET, documentOf(accessKeyId), { labels: ['owners'] });
        aws.secretsManager.moveLabel(SECRET, label, moved);
      },
    });
    expect(await discard()).toBe('deleted');
    expect(labelsNow()).toEqual([]);
    expect(aws.iam.keysOf('alice')).toEqual([]);
  });

  test('where the secret is gone, nothing shows that the key may go', async () => {
    const { aws, discard } = holdingIt();
    aws.faults.inject({
      kind: 'act',
      when: 'after',
      match: ({ operation }) => operation === 'PutSecretValue',
      act: () => aws.secretsManager.removeSecret(SECRET),
    });
    await expect(discard()).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(aws.iam.keysOf('alice')).toHaveLength(1);
  });
});
