import { createHash } from 'node:crypto';
import {
  executionOf,
  formerKeyVersionId,
  intentVersionId,
  isKeyLabel,
  isKeyVersion,
  isStoredBy,
  isVersionOfKey,
  keyLabel,
  keyOfLabel,
  keyVersionId,
  labelsTooMany,
  mergedVersionId,
  ownerOf,
  publishedLabel,
} from '../../../../lambdas/shared/secret/versions';
import { NEW, NOW, OLD, OWNER } from '../../support/fixtures';

const ARN = 'arn:aws:states:us-east-1:111122223333:execution:rotation:first';
const startTime = NOW.toISOString();

test.each([
  [keyLabel(NEW), NEW],
  [publishedLabel(NEW), NEW],
  ['rotation-scratch', undefined],
  ['rotation-held', undefined],
  ['AWSCURRENT', undefined],
  [`owners-${keyLabel(NEW)}`, undefined],
])('the label %s is about the key %s', (label, accessKeyId) => {
  expect(keyOfLabel(label)).toBe(accessKeyId);
  expect(isKeyLabel(label)).toBe(accessKeyId !== undefined);
});

describe("an owner's labels leave room for a rotation", () => {
  const owners = (count: number) => Array.from({ length: count }, (_none, index) => `own-${index}`);
  const ours = [
    'AWSCURRENT',
    'AWSPREVIOUS',
    'AWSPENDING',
    'rotation-scratch',
    'rotation-held',
    keyLabel(NEW),
  ];

  test.each([
    ['none', [], 0],
    ['eleven', owners(11), 0],
    ['twelve', owners(12), 1],
    ['fourteen', owners(14), 3],
    ['eleven, and those of a rotation', [...owners(11), ...ours], 0],
    ['twelve with such names in the middle', owners(12).map((name) => `${name}-AWS-rotation-`), 1],
  ])('%s', (_case, labels, tooMany) => {
    expect(labelsTooMany(labels)).toBe(tooMany);
  });
});

test.each([
  [0, true, `${ARN}#0@${startTime}`],
  [12, true, `${ARN}#12@${startTime}`],
  [0, false, `${ARN}#0`],
  [12, false, `${ARN}#12`],
])(
  'redriven %i times, naming its start: %s, an execution is the owner %s',
  (redriveCount, namesStart, owner) => {
    expect(ownerOf({ id: ARN, redriveCount, startTime }, namesStart)).toBe(owner);
    expect(executionOf(owner)).toEqual({ executionArn: ARN, startedAt: namesStart ? NOW : undefined });
  },
);

test('only the count at the end of an owner is not the execution', () => {
  expect(executionOf(`${ARN}#1-again#0`).executionArn).toBe(`${ARN}#1-again`);
});

test('version IDs differ where the contents do, and are as long as Secrets Manager takes', () => {
  const stored = { versionId: keyVersionId(OWNER, NEW), accessKeyId: NEW, formerRotationId: undefined };
  const ids = [
    intentVersionId(OWNER),
    intentVersionId(`${OWNER}0`),
    keyVersionId(OWNER, NEW),
    keyVersionId(OWNER, OLD),
    keyVersionId(`${OWNER}0`, NEW),
    formerKeyVersionId(NEW),
    mergedVersionId(OWNER, stored, '{}'),
    mergedVersionId(`${OWNER}0`, stored, '{}'),
    mergedVersionId(OWNER, { ...stored, versionId: 'made-by-hand' }, '{}'),
    mergedVersionId(OWNER, stored, '{ }'),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{32,64}$/);
});

describe('what the version ID of a key says', () => {
  /** First stored, put into another document, and that once more. */
  const made = (root: string, accessKeyId: string): readonly string[] => {
    const again = (versionId: string) =>
      mergedVersionId(root, { versionId, accessKeyId, formerRotationId: undefined }, '{}');
    const first = keyVersionId(root, accessKeyId);
    return [first, again(first), again(again(first))];
  };
  const storedBy = (versionId: string, formerRotationId?: string) =>
    isStoredBy(OWNER, NEW, { versionId, formerRotationId });

  test('which key it is, and which rotation has stored it', () => {
    for (const versionId of made(OWNER, NEW)) {
      expect([isKeyVersion(versionId), isVersionOfKey(versionId, NEW), storedBy(versionId)]).toEqual([
        true,
        true,
        true,
      ]);
      expect(isVersionOfKey(versionId, OLD)).toBe(false);
      // The word of an earlier release's document counts for nothing beside it.
      expect(isStoredBy(`${OWNER}0`, NEW, { versionId, formerRotationId: `${OWNER}0` })).toBe(false);
    }
    for (const versionId of [...made(OWNER, OLD), ...made(`${OWNER}0`, NEW)]) {
      expect(storedBy(versionId)).toBe(false);
      expect(storedBy(versionId, OWNER)).toBe(false);
    }
  });

  test('who has stored it, though another rotation has put it into another document', () => {
    for (const versionId of ['made-by-hand', formerKeyVersionId(NEW), ...made(`${OWNER}0`, NEW)]) {
      const stored = { versionId, accessKeyId: NEW, formerRotationId: undefined };
      expect(storedBy(mergedVersionId(OWNER, stored, '{}'))).toBe(false);
    }
    const former = { versionId: formerKeyVersionId(NEW), accessKeyId: NEW, formerRotationId: OWNER };
    expect(storedBy(mergedVersionId(OWNER, former, '{}'))).toBe(true);
  });

  test('of an earlier release: which key it is; whose, its document says', () => {
    const versionId = formerKeyVersionId(NEW);
    expect([isVersionOfKey(versionId, NEW), isVersionOfKey(versionId, OLD)]).toEqual([true, false]);
    expect([storedBy(versionId), storedBy(versionId, OWNER), storedBy(versionId, `${OWNER}0`)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  test('nothing, where somebody else has made the version', () => {
    for (const versionId of ['made-by-hand', intentVersionId(OWNER), `${keyVersionId(OWNER, NEW)}0`]) {
      expect(storedBy(versionId, OWNER)).toBe(false);
    }
  });
});

test('a version of a key begins with the digest that the runbook computes of the key’s ID', () => {
  const digest = createHash('sha256').update(NEW).digest('hex');
  for (const versionId of [
    keyVersionId(OWNER, NEW),
    formerKeyVersionId(NEW),
    mergedVersionId(OWNER, { versionId: 'x', accessKeyId: NEW, formerRotationId: undefined }, 'another text'),
  ]) {
    expect(versionId.startsWith(`access-key-${digest.slice(0, 16)}`)).toBe(true);
  }
});
