import {
  decideCreate,
  decideLock,
  type LockFacts,
  unexplainedKeys,
} from '../../../lambdas/create-access-key/decide';
import type { CreateFacts } from '../../../lambdas/create-access-key/decision';
import { withLeakedKeyLeft } from '../../../lambdas/create-access-key/emergency';
import type { IntentHolder } from '../../../lambdas/shared/findings/lock-holder';
import type { Rotation } from '../../../lambdas/shared/rotation/rotation-state';
import { keyLabel, publishedLabel } from '../../../lambdas/shared/secret/versions';
import { createFacts as facts, heldBy } from '../support/facts';
import { at, holding, key, NEW, NOW, OLD, OTHER, ROTATION, UNREADABLE } from '../support/fixtures';

const plan = { predecessorVersionId: null, trigger: 'manual', action: 'rotate', onHold: false } as const;
const continuing = { ...plan, predecessorVersionId: 'their-intent' } as const;
const theirs = (execution: IntentHolder['execution'], restsAt: Date | undefined): LockFacts => ({
  ...heldBy(execution),
  versionId: 'their-intent',
  restsAt,
});
const atRestSince = (seconds: number): LockFacts =>
  theirs({ kind: 'stopped', stoppedAt: at(-1, 'h') }, new Date(NOW.getTime() - seconds * 1000));
const unknown = (restsAt: Date | undefined): LockFacts =>
  theirs({ kind: 'unknown-to-step-functions' }, restsAt);

describe('decideLock', () => {
  test.each<[string, LockFacts, Parameters<typeof decideLock>[1], object]>([
    ['free', { kind: 'free' }, plan, { kind: 'take', from: undefined }],
    [
      'free, although a predecessor was to be continued',
      { kind: 'free' },
      continuing,
      { error: 'StateDrift' },
    ],
    [
      'free, and the predecessor has just ended: its lock may not show yet',
      { kind: 'free', planned: heldBy({ kind: 'stopped', stoppedAt: at(-59, 's') }) },
      continuing,
      { error: 'RotationInProgress' },
    ],
    [
      'free, and the predecessor has ended so long ago that its lock would show',
      { kind: 'free', planned: heldBy({ kind: 'stopped', stoppedAt: at(-60, 's') }) },
      continuing,
      { error: 'StateDrift' },
    ],
    [
      'free, and Step Functions does not know the predecessor any more',
      { kind: 'free', planned: heldBy({ kind: 'unknown-to-step-functions' }) },
      continuing,
      { error: 'StateDrift' },
    ],
    ['ours', { kind: 'ours' }, plan, { kind: 'keep' }],
    ['ours after a takeover', { kind: 'ours' }, continuing, { kind: 'keep' }],
    ['foreign', { kind: 'foreign', versionId: 'their-intent' }, continuing, { error: 'SecretConflict' }],
    [
      'of a running execution, for a person',
      theirs({ kind: 'running' }, undefined),
      continuing,
      { error: 'RotationInProgress' },
    ],
    [
      'of a running execution, for a schedule',
      theirs({ kind: 'running' }, undefined),
      { ...plan, trigger: 'schedule' },
      { kind: 'nothing-to-do' },
    ],
    [
      'of one whose last function may still live',
      atRestSince(-1),
      continuing,
      { error: 'RotationInProgress' },
    ],
    [
      'of one that is over for long enough',
      atRestSince(0),
      continuing,
      { kind: 'take', from: 'their-intent' },
    ],
    [
      'of a rotation that was rolled back since the plan',
      atRestSince(0),
      { ...continuing, onHold: true },
      { error: 'RotationOnHold' },
    ],
    [
      'of one that was rolled back, for a schedule',
      atRestSince(0),
      { ...continuing, onHold: true, trigger: 'schedule' },
      { kind: 'nothing-to-do' },
    ],
    [
      'of one that was rolled back, for a person who resumes',
      atRestSince(0),
      { ...continuing, onHold: true, action: 'resume' },
      { kind: 'take' },
    ],
    ['of one that came after the plan', atRestSince(0), plan, { error: 'StateDrift' }],
    [
      'of an unknown execution that is at rest',
      unknown(at(-1, 'h')),
      continuing,
      { kind: 'take', from: 'their-intent' },
    ],
    [
      'of an unknown execution that may not be at rest',
      unknown(at(10, 's')),
      continuing,
      { error: 'RotationInProgress' },
    ],
    [
      'of an unknown execution, of which nobody knows since when it is over',
      unknown(undefined),
      continuing,
      { error: 'RotationInProgress' },
    ],
  ])('a lock that is %s', (_case, lock, planned, expected) => {
    expect(decideLock(lock, planned, NOW)).toMatchObject(expected);
  });
});

const storedNew = { accessKeyId: NEW, versionId: 'v-new', publishable: true, published: false };
const publishedNew = { accessKeyId: NEW, versionId: 'v-new', publishable: true, published: true };
const condemnedNew = { accessKeyId: NEW, versionId: 'v-new', publishable: false, published: false };
const both = [key(OLD), key(NEW)];

/** AWSCURRENT holds a key that works for somebody else. */
const strange = {
  current: holding(OTHER),
  stranger: { accessKeyId: OTHER, evidence: { code: 'accepted', arn: 'bob' } },
} as const;

describe('decideCreate, before publication', () => {
  test.each<[string, Partial<CreateFacts>, object]>([
    ['only the old key', {}, { kind: 'create', discard: [], why: { code: 'key-needed', discard: [] } }],
    [
      'no key at all',
      {
        keys: [],
        current: { kind: 'no-key' },
        rotation: {
          ...ROTATION,
          oldAccessKeyId: null,
          currentAccessKeyIdBefore: null,
          accessKeyIdsBefore: [],
        },
      },
      { kind: 'create' },
    ],
    ['the old key deleted meanwhile', { keys: [] }, { kind: 'create' }],
    ['our stored key', { keys: both, stored: [storedNew] }, { kind: 'adopt', key: storedNew }],
    [
      'our stored key, condemned',
      { keys: both, stored: [condemnedNew] },
      {
        kind: 'create',
        discard: [NEW],
        why: { code: 'key-needed', discard: [NEW] },
      },
    ],
    ['our stored key, which IAM does not list', { stored: [storedNew] }, { kind: 'create', discard: [NEW] }],
    [
      'a key that an emergency would delete to make room: without one, nothing goes before its time',
      {
        keys: [key(OLD), key(OTHER, 'Inactive')],
        rotation: { ...ROTATION, supersededAccessKeyId: OTHER, accessKeyIdsBefore: [OLD, OTHER] },
      },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [] },
    ],
    [
      'our stored key, deactivated by somebody',
      { keys: [key(OLD), key(NEW, 'Inactive')], stored: [storedNew] },
      { kind: 'create', discard: [NEW] },
    ],
    [
      'an unexplained key, and no create of ours in doubt',
      { keys: both },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [], release: true },
    ],
    [
      'an orphan of ours',
      { keys: both, outcomeUnknown: true, attributions: new Map([[NEW, 'ours']]) },
      { kind: 'create', discard: [NEW] },
    ],
    [
      'an orphan of ours with the mark of publication: no version of it is left, and consumers may use it',
      {
        keys: both,
        outcomeUnknown: true,
        attributions: new Map([[NEW, 'ours']]),
        versionByLabel: new Map([[publishedLabel(NEW), 'the-intent']]),
      },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [] },
    ],
    [
      "a person's key while a create of ours is in doubt",
      { keys: both, outcomeUnknown: true, attributions: new Map([[NEW, 'not-ours']]) },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [] },
    ],
    [
      'a key of which CloudTrail does not know yet',
      { keys: both, outcomeUnknown: true, attributions: new Map([[NEW, 'unknown-yet']]) },
      { kind: 'wait' },
    ],
    [
      'a key of which CloudTrail does not know any more, and no room',
      { keys: both, outcomeUnknown: true, attributions: new Map([[NEW, 'forgotten']]) },
      {
        kind: 'give-up',
        error: 'AccessKeyConflict',
        discard: [],
        release: true,
        why: { code: 'no-room', remaining: both, forgotten: [key(NEW)] },
      },
    ],
    [
      'a key of which CloudTrail does not know any more, and room for another one',
      { keys: [key(NEW)], outcomeUnknown: true, attributions: new Map([[NEW, 'forgotten']]) },
      { kind: 'create', discard: [] },
    ],
    ['a key that was not even asked about', { keys: both, outcomeUnknown: true }, { kind: 'wait' }],
    [
      'AWSCURRENT changed to another key meanwhile',
      { keys: [key(OLD), key(OTHER)], current: holding(OTHER) },
      {
        kind: 'give-up',
        error: 'StateDrift',
        release: true,
        why: { code: 'current-replaced', accessKeyId: OTHER },
      },
    ],
    [
      'AWSCURRENT emptied meanwhile',
      { current: { kind: 'no-key' } },
      {
        kind: 'give-up',
        error: 'StateDrift',
        release: true,
        why: { code: 'current-replaced', accessKeyId: null },
      },
    ],
    [
      'AWSCURRENT changed and a stored key of ours',
      { keys: [key(NEW), key(OTHER)], current: holding(OTHER), stored: [storedNew] },
      { kind: 'give-up', error: 'StateDrift', discard: [NEW] },
    ],
    [
      'AWSCURRENT changed after our key was published: it may be in use',
      { keys: [key(NEW), key(OTHER)], current: holding(OTHER), stored: [publishedNew] },
      { kind: 'give-up', error: 'StateDrift', discard: [] },
    ],
    [
      'the old key put into AWSCURRENT by its owner',
      {
        keys: both,
        current: holding(OLD),
        rotation: { ...ROTATION, currentAccessKeyIdBefore: null },
        stored: [publishedNew],
      },
      { kind: 'give-up', error: 'StateDrift', discard: [] },
    ],
    [
      'AWSCURRENT changed while a key is unattributed: the lock is all that remembers it',
      { keys: both, current: holding(OTHER), outcomeUnknown: true },
      { kind: 'wait' },
    ],
    [
      'AWSCURRENT changed, and an orphan of ours',
      {
        keys: [key(OTHER), key(NEW)],
        current: holding(OTHER),
        outcomeUnknown: true,
        attributions: new Map([[NEW, 'ours']]),
      },
      { kind: 'give-up', error: 'StateDrift', discard: [NEW], release: true },
    ],
    [
      'a published key of ours that somebody disabled, and AWSCURRENT back on the old one',
      { keys: [key(OLD), key(NEW, 'Inactive')], stored: [publishedNew] },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [] },
    ],
    [
      'AWSCURRENT unreadable, nothing of ours',
      { current: UNREADABLE },
      { kind: 'give-up', error: 'SecretConflict', release: true },
    ],
    [
      'AWSCURRENT unreadable, a stored key of ours',
      { keys: both, current: UNREADABLE, stored: [storedNew] },
      { kind: 'give-up', error: 'SecretConflict', discard: [], release: false },
    ],
    [
      'a key of somebody else’s, nothing of ours',
      strange,
      { error: 'SecretConflict', discard: [], release: true },
    ],
    [
      'a key of somebody else’s, a stored key of ours',
      { ...strange, keys: both, stored: [storedNew] },
      { error: 'SecretConflict', discard: [], release: false },
    ],
    [
      'a key of somebody else’s, and a create whose outcome nobody knows',
      { ...strange, outcomeUnknown: true },
      { error: 'SecretConflict', release: false },
    ],
    [
      'a key of somebody else’s, in an emergency with another key to fall back on',
      {
        ...strange,
        keys: [key(OLD), key(NEW)],
        versionOfKey: new Map([[NEW, 'a-version']]),
        rotation: { ...ROTATION, leakedAccessKeyIds: [OLD] },
      },
      { error: 'SecretConflict', discard: [], release: false },
    ],
    ['a key that nobody has', { current: holding(OTHER) }, { kind: 'create' }],
  ])('finds %s', (_case, overrides, expected) => {
    expect(decideCreate(facts(overrides))).toMatchObject(expected);
  });

  test('never counts a key from before the rotation as unexplained', () => {
    const before = {
      rotation: { ...ROTATION, accessKeyIdsBefore: [OLD, OTHER] },
      keys: [key(OLD), key(OTHER)],
    };
    expect(unexplainedKeys(facts(before))).toEqual([]);
  });

  test('counts a key as explained when a version of the secret proves whose it is, and no other', () => {
    expect(unexplainedKeys(facts({ keys: both, stored: [storedNew] }))).toEqual([]);
    expect(unexplainedKeys(facts({ keys: both, stored: [{ ...storedNew, accessKeyId: OTHER }] }))).toEqual([
      key(NEW),
    ]);
  });
});

describe('decideCreate, after publication', () => {
  const published = { current: holding(NEW), stored: [publishedNew] };
  test.each<[string, Partial<CreateFacts>, object]>([
    ['the old key is Active', { keys: both }, { kind: 'continue', status: 'published', newAccessKeyId: NEW }],
    [
      'the old key is Inactive',
      { keys: [key(OLD, 'Inactive'), key(NEW)] },
      { kind: 'continue', status: 'deactivated' },
    ],
    ['the old key is gone', { keys: [key(NEW)] }, { kind: 'continue', status: 'retired' }],
    [
      'there was no old key',
      { keys: [key(NEW)], rotation: { ...ROTATION, oldAccessKeyId: null } },
      { kind: 'continue', status: 'retired', why: { code: 'published-first-key' } },
    ],
    [
      'the new key was deactivated, the old one is there',
      { keys: [key(OLD), key(NEW, 'Inactive')] },
      { kind: 'restore', newAccessKeyId: NEW },
    ],
    [
      'the new key was deactivated while the old one is Inactive',
      { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] },
      { kind: 'restore' },
    ],
    ['the new key was deleted', { keys: [key(OLD)], stored: [] }, { kind: 'create', discard: [] }],
    [
      'the new key was deleted, and its version is left',
      { keys: [key(OLD)] },
      { kind: 'create', discard: [] },
    ],
    [
      'a person has published our key, then it was deactivated, and there is no old one: it may be in use',
      { keys: [key(NEW, 'Inactive')], stored: [storedNew] },
      { kind: 'create', discard: [] },
    ],
    [
      'the new key was deactivated and there is no old one',
      { keys: [key(NEW, 'Inactive')] },
      { kind: 'create', discard: [] },
    ],
  ])('continues when %s', (_case, overrides, expected) => {
    expect(decideCreate(facts({ ...published, ...overrides }))).toMatchObject(expected);
  });

  test('never takes the new key for the old one', () => {
    // Re-deriving the old key from AWSCURRENT after publication would deactivate the key that consumers use.
    const decision = decideCreate(facts({ ...published, keys: [key(NEW)] }));
    expect(decision).toMatchObject({ kind: 'continue', status: 'retired', newAccessKeyId: NEW });
  });
});

describe('decideCreate when a person wants the old key back', () => {
  test.each<[string, Partial<CreateFacts>, object]>([
    ['nothing has happened yet', {}, { kind: 'restore', error: null, newAccessKeyId: null }],
    [
      'a key is stored, and not published',
      { keys: both, stored: [storedNew] },
      { kind: 'restore', error: null, newAccessKeyId: null },
    ],
    [
      'a key is published',
      {
        keys: [key(OLD, 'Inactive'), key(NEW)],
        stored: [{ ...storedNew, accessKeyId: OTHER }, publishedNew],
        current: holding(NEW),
      },
      { kind: 'restore', error: null, newAccessKeyId: NEW },
    ],
    [
      'a person has published another key',
      { keys: [key(OLD), key(OTHER)], current: holding(OTHER), stored: [storedNew] },
      { kind: 'restore', error: null, newAccessKeyId: null },
    ],
    [
      'AWSCURRENT holds a key of somebody else’s: the old key comes back all the same',
      { ...strange, keys: [key(OLD, 'Inactive'), key(NEW)] },
      { kind: 'restore', error: null, newAccessKeyId: null },
    ],
    [
      'AWSCURRENT cannot be read: the old key comes back all the same',
      { keys: [key(OLD, 'Inactive'), key(NEW)], current: UNREADABLE },
      { kind: 'restore', error: null, newAccessKeyId: null },
    ],
    [
      'the old key is deleted: the rotation stays where it is',
      { keys: [key(NEW)], current: holding(NEW), stored: [publishedNew] },
      { kind: 'give-up', error: 'NothingToRollBack', discard: [], release: false },
    ],
    [
      'the old key was Inactive before',
      { keys: [key(OLD, 'Inactive')], rotation: { ...ROTATION, inactiveAccessKeyIdsBefore: [OLD] } },
      { kind: 'give-up', error: 'NothingToRollBack', discard: [], release: false },
    ],
    [
      'the old key has leaked',
      { rotation: { ...ROTATION, leakedAccessKeyIds: [OLD] } },
      { kind: 'give-up', error: 'NothingToRollBack', discard: [], release: false },
    ],
  ])('and %s', (_case, overrides, expected) => {
    expect(decideCreate(facts({ rollback: true, ...overrides }))).toMatchObject(expected);
  });
});

describe('decideCreate in an emergency', () => {
  const emergency = (overrides: Partial<Rotation> = {}): Rotation => ({
    ...ROTATION,
    oldAccessKeyId: OLD,
    leakedAccessKeyIds: [OLD],
    accessKeyIdsBefore: [OLD, OTHER],
    ...overrides,
  });
  const versions = (...ids: readonly string[]) => new Map(ids.map((id) => [id, `version-of-${id}`]));

  test.each<[string, Partial<CreateFacts>, object]>([
    [
      'the only key has leaked',
      { keys: [key(OLD)] },
      { kind: 'create', discard: [], deleteEarly: undefined },
    ],
    [
      'consumers read another key: the leaked one is deactivated next',
      { keys: [key(OLD), key(NEW)], current: holding(NEW) },
      { kind: 'continue', status: 'published', newAccessKeyId: NEW },
    ],
    [
      'the leaked key is Inactive already',
      { keys: [key(OLD, 'Inactive'), key(NEW)], current: holding(NEW) },
      { kind: 'continue', status: 'deactivated' },
    ],
    [
      'the leaked key is gone',
      { keys: [key(NEW)], current: holding(NEW) },
      {
        kind: 'continue',
        status: 'retired',
        why: { code: 'leaked-key-gone', newAccessKeyId: NEW, leakedAccessKeyId: OLD },
      },
    ],
    [
      'a key of ours is stored: it takes the place after its test, as any key of ours',
      { keys: both, stored: [storedNew], versionOfKey: versions(OLD, NEW) },
      { kind: 'adopt', key: storedNew },
    ],
    [
      'a key of ours is stored that IAM does not list, and the secret holds another Active key',
      { keys: [key(OLD), key(OTHER)], stored: [storedNew], versionOfKey: versions(OLD, OTHER) },
      { kind: 'fall-back', accessKeyId: OTHER },
    ],
    [
      'a key of ours is of no use, and gives up its place: the leaked one keeps its own',
      { keys: [key(OLD, 'Inactive'), key(NEW)], stored: [condemnedNew] },
      { kind: 'create', discard: [NEW], deleteEarly: undefined },
    ],
    [
      'nobody works with either key: the one that consumers do not read makes room',
      {
        rotation: emergency({ supersededAccessKeyId: OTHER }),
        keys: [key(OLD, 'Inactive'), key(OTHER, 'Inactive')],
        current: holding(OTHER),
        versionByLabel: new Map([[keyLabel(OTHER), 'version']]),
      },
      { kind: 'create', deleteEarly: OLD },
    ],
    [
      'AWSCURRENT cannot be read: the lock is kept, which alone knows of the leak',
      { current: UNREADABLE },
      { kind: 'give-up', error: 'SecretConflict', discard: [], release: false },
    ],
    [
      'the secret holds another Active key',
      { keys: [key(OLD), key(OTHER)], versionOfKey: versions(OLD, OTHER) },
      { kind: 'fall-back', accessKeyId: OTHER, activate: false },
    ],
    [
      'the secret holds the key that the interrupted rotation has retired',
      {
        rotation: emergency({ supersededAccessKeyId: OTHER }),
        keys: [key(OLD), key(OTHER, 'Inactive')],
        versionOfKey: versions(OLD, OTHER),
      },
      { kind: 'fall-back', accessKeyId: OTHER, activate: true },
    ],
    [
      'that key is in AWSCURRENT, where a person has put it',
      {
        rotation: emergency({ supersededAccessKeyId: OTHER }),
        keys: [key(OLD), key(OTHER, 'Inactive')],
        current: holding(OTHER),
        versionOfKey: versions(OLD, OTHER),
      },
      { kind: 'fall-back', accessKeyId: OTHER, activate: true },
    ],
    [
      'that key is in AWSCURRENT, where the emergency has put it: a person has set it Inactive, and it makes room',
      {
        rotation: emergency({ supersededAccessKeyId: OTHER }),
        keys: [key(OLD), key(OTHER, 'Inactive')],
        current: holding(OTHER),
        versionOfKey: versions(OLD, OTHER),
        versionByLabel: new Map([[keyLabel(OTHER), 'version']]),
      },
      { kind: 'create', deleteEarly: OTHER },
    ],
    [
      'that key was Inactive before the rotation: it makes room, and is not brought back',
      {
        rotation: emergency({ supersededAccessKeyId: OTHER, inactiveAccessKeyIdsBefore: [OTHER] }),
        keys: [key(OLD), key(OTHER, 'Inactive')],
        versionOfKey: versions(OLD, OTHER),
      },
      { kind: 'create', deleteEarly: OTHER },
    ],
    [
      'the retired key is in no version: it makes room',
      { rotation: emergency({ supersededAccessKeyId: OTHER }), keys: [key(OLD), key(OTHER, 'Inactive')] },
      { kind: 'create', deleteEarly: OTHER },
    ],
    [
      'the leaked key is gone, and two keys of a person are there: nothing is left that only the lock remembers',
      { keys: [key(OTHER), key(NEW)], current: holding(OLD), outcomeUnknown: false },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [], release: true },
    ],
    [
      'a key that somebody else has set Inactive is in the way',
      { keys: [key(OLD), key(OTHER, 'Inactive')], versionOfKey: versions(OLD, OTHER) },
      { kind: 'give-up', error: 'AccessKeyConflict', discard: [], release: false },
    ],
    [
      'an Active key that the secret does not hold is in the way',
      { keys: [key(OLD), key(OTHER)] },
      {
        kind: 'give-up',
        error: 'AccessKeyConflict',
        why: { code: 'no-room-for-leak', leaked: key(OLD), others: [OTHER] },
        leak: 'told',
      },
    ],
    [
      'both keys have leaked: the one that nobody reads makes room, whichever was named last',
      {
        rotation: emergency({ oldAccessKeyId: OTHER, leakedAccessKeyIds: [OLD, OTHER] }),
        keys: [key(OLD), key(OTHER)],
      },
      { kind: 'create', deleteEarly: OTHER },
    ],
    [
      'both have leaked, and somebody has deactivated the one that consumers read: nobody can use it',
      {
        rotation: emergency({ leakedAccessKeyIds: [OLD, OTHER] }),
        keys: [key(OLD), key(OTHER, 'Inactive')],
        current: holding(OTHER),
      },
      { kind: 'create', deleteEarly: OTHER },
    ],
    [
      'somebody has deactivated the leaked key that consumers read, and the retired one is in no version',
      {
        rotation: emergency({ supersededAccessKeyId: OTHER }),
        keys: [key(OLD, 'Inactive'), key(OTHER, 'Inactive')],
      },
      { kind: 'create', deleteEarly: OTHER },
    ],
    [
      'consumers have no key that works, and the leaked one is Active: a person has to look',
      { keys: [key(OLD), key(NEW, 'Inactive')], current: holding(NEW), stored: [publishedNew] },
      { kind: 'give-up', error: 'AccessKeyConflict' },
    ],
    [
      'the only key has leaked, and somebody has deactivated it: there is room',
      { keys: [key(OLD, 'Inactive')] },
      { kind: 'create', deleteEarly: undefined },
    ],
    [
      'the latest leaked key is gone, and an earlier one is not',
      {
        rotation: emergency({ oldAccessKeyId: OTHER, leakedAccessKeyIds: [OLD, OTHER] }),
        keys: [key(OLD), key(NEW)],
        current: holding(NEW),
      },
      { kind: 'continue', status: 'published', newAccessKeyId: NEW },
    ],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideCreate(facts({ rotation: emergency(), ...overrides }))).toMatchObject(expected);
  });

  test('retires what is left of several leaked keys', () => {
    const rotation = emergency({ oldAccessKeyId: OTHER, leakedAccessKeyIds: [OLD, OTHER] });
    expect(withLeakedKeyLeft(rotation, [key(OLD), key(NEW)]).oldAccessKeyId).toBe(OLD);
    expect(withLeakedKeyLeft(rotation, [key(OLD), key(OTHER)])).toBe(rotation);
    expect(withLeakedKeyLeft(rotation, [key(NEW)])).toBe(rotation);
    expect(withLeakedKeyLeft(ROTATION, [key(NEW)])).toBe(ROTATION);
  });

  const twoLeaked = emergency({ oldAccessKeyId: OTHER, leakedAccessKeyIds: [OLD, OTHER] });
  test.each<[string, Partial<CreateFacts>, string, string]>([
    ['the key that it was about, while it is there', { keys: [key(OTHER)] }, 'create', OTHER],
    ['another leaked key, when that one is gone', { keys: [key(OLD)] }, 'create', OLD],
    [
      'another leaked key, when that one makes room',
      { keys: [key(OLD), key(OTHER, 'Inactive')] },
      'create',
      OLD,
    ],
    [
      'another leaked key, when consumers have one to read',
      { keys: [key(OLD), key(NEW)], current: holding(NEW), rotation: twoLeaked },
      'continue',
      OLD,
    ],
    ['its own old key, when none has leaked', { keys: [], rotation: ROTATION }, 'create', OLD],
  ])('hands on a rotation about %s', (_about, overrides, kind, oldAccessKeyId) => {
    const decision = decideCreate(facts({ rotation: twoLeaked, ...overrides }));
    expect(decision).toMatchObject({ kind, rotation: { oldAccessKeyId } });
  });
});
