import {
  type ByHand,
  type LeftBehind,
  type PlanFacts,
  planRotation,
  type RefusalWhy,
  type StartWhy,
} from '../../../lambdas/plan-rotation/decide';
import type { Rotation, RotationInput } from '../../../lambdas/shared/rotation/rotation-state';
import type { Pause } from '../../../lambdas/shared/secret/pause';
import { keyLabel, publishedLabel } from '../../../lambdas/shared/secret/versions';
import { planFacts as facts, heldBy, leak, manual, secret } from '../support/facts';
import {
  at,
  ENROLLED,
  holding,
  key,
  NEW,
  NOW,
  OLD,
  OTHER,
  OTHER_MARK,
  OWN_MARK,
  OWNER,
  ROTATION,
  UNREADABLE,
  USER_ID,
} from '../support/fixtures';

const scheduled: RotationInput = { ...manual, trigger: 'schedule' };
const resume: RotationInput = { ...manual, action: 'resume' };

const stopped = heldBy({ kind: 'stopped', stoppedAt: at(-1, 'd') });

const ownersLabels = (count: number) =>
  new Map(Array.from({ length: count }, (_none, index) => [`owners-${index}`, 'a-version']));

describe('planRotation, while the user is paused', () => {
  const audit: Pause = { by: 'tag', reason: 'audit' };

  test.each<[string, Partial<PlanFacts>, object]>([
    ['by the tag', { secret: secret({ pauseTag: 'audit' }) }, { pause: audit, isUnfinished: false }],
    [
      'by the tag without a reason',
      { secret: secret({ pauseTag: '' }) },
      { pause: { by: 'tag', reason: '' } },
    ],
    [
      'by the configuration',
      { enrolled: { ...ENROLLED, paused: 'freeze' } },
      { pause: { by: 'configuration', reason: 'freeze' } },
    ],
    [
      'by both: the tag, which can be removed at once, is named',
      { secret: secret({ pauseTag: 'audit' }), enrolled: { ...ENROLLED, paused: 'freeze' } },
      { pause: audit },
    ],
    ['asked by schedule', { secret: secret({ pauseTag: 'audit' }), input: scheduled }, { pause: audit }],
    [
      'asked to resume',
      { secret: secret({ pauseTag: 'audit' }), input: resume, onHold: true },
      { isUnfinished: false },
    ],
    [
      'with an unfinished rotation',
      { secret: secret({ pauseTag: 'audit' }), holder: stopped },
      { isUnfinished: true },
    ],
    [
      'with a key that is in the secret and does not exist',
      { secret: secret({ pauseTag: 'audit' }), keys: [] },
      { isUnfinished: false },
    ],
  ])('nothing is done: %s', (_case, overrides, why) => {
    expect(planRotation(facts(overrides), NOW)).toMatchObject({
      kind: 'nothing-to-do',
      why: { code: 'paused', ...why },
    });
  });

  test.each<[string, Partial<PlanFacts>]>([
    ['a rollback', { input: { ...manual, action: 'rollback' }, holder: stopped }],
    ['an emergency', { input: leak(OLD) }],
  ])('%s goes on', (_case, overrides) => {
    expect(planRotation(facts({ secret: secret({ pauseTag: 'audit' }), ...overrides }), NOW).kind).toBe(
      'due',
    );
  });
});

describe('planRotation, whose the user is', () => {
  const others = { ownership: { kind: 'other', owner: OTHER_MARK } } as const;
  const full = { ownership: { kind: 'unmarked', hasRoom: false } } as const;
  const leaked = heldBy({ kind: 'stopped', stoppedAt: at(-1, 'd') }, { leakedAccessKeyIds: [OLD] });
  const rollback: RotationInput = { ...manual, action: 'rollback' };

  test.each<[string, Partial<PlanFacts>]>([
    ['started by a person', {}],
    ['by schedule, and not due', { input: scheduled, keys: [key(OLD, 'Active', at(-1, 'd'))] }],
    ['to be resumed', { input: resume, onHold: true, holder: stopped }],
    ['on hold', { input: scheduled, onHold: true, holder: stopped }],
    ['unfinished', { holder: stopped, keys: [key(OLD), key(NEW)] }],
    ['running', { holder: heldBy({ kind: 'running' }), input: scheduled }],
    ['with a secret that cannot be used', { secret: secret({ rotationEnabled: true }) }],
  ])("another secret's: refused, %s", (_case, overrides) => {
    expect(planRotation(facts({ ...others, ...overrides }), NOW)).toMatchObject({
      kind: 'refuse',
      error: 'UserConflict',
      why: { code: 'another-secrets', owner: OTHER_MARK, own: OWN_MARK },
    });
  });

  test.each<[string, Partial<PlanFacts>, string]>([
    [
      "another secret's, and paused",
      { ...others, enrolled: { ...ENROLLED, paused: 'freeze' } },
      'nothing-to-do',
    ],
    ["another secret's, an emergency goes on", { ...others, holder: leaked, input: scheduled }, 'due'],
    ["another secret's, a rollback", { ...others, holder: stopped, input: rollback }, 'due'],
    ["another secret's, an emergency with the key of this one", { ...others, input: leak(OLD) }, 'due'],
    ['with a mark that cannot be set, an emergency', { ...full, input: leak(OLD) }, 'due'],
    [
      'with a mark that cannot be set, and a rotation that may need no key',
      { ...full, holder: stopped },
      'due',
    ],
    ['with no mark', { ownership: { kind: 'unmarked', hasRoom: true } }, 'due'],
    ['not looked at', { ownership: { kind: 'off' } }, 'due'],
  ])('not refused: %s', (_case, overrides, kind) => {
    expect(planRotation(facts(overrides), NOW).kind).toBe(kind);
  });

  test('a mark that cannot be set is found before a rotation begins', () => {
    expect(planRotation(facts(full), NOW)).toEqual({
      kind: 'refuse',
      error: 'UserConflict',
      why: { code: 'no-room-for-mark' },
      leak: undefined,
    });
  });

  test.each<[string, Partial<PlanFacts>]>([
    ['nothing is in progress', { keys: [key(OTHER)], current: { kind: 'no-key' } }],
    ['a rotation of other keys is unfinished', { keys: [key(OTHER)], holder: stopped }],
  ])('the only key has leaked, and is not in the secret: %s', (_case, overrides) => {
    const plan = (ownership: PlanFacts['ownership']) =>
      planRotation(facts({ input: leak(OTHER), ...overrides, ownership }), NOW);
    expect(plan({ kind: 'own' }).kind).toBe('due');
    expect(plan(others.ownership)).toMatchObject({ error: 'AccessKeyConflict', leak: 'told' });
  });
});

describe('planRotation, nothing in progress', () => {
  test.each<[string, Partial<PlanFacts>, string | null, StartWhy]>([
    ['the only key is in the secret', {}, OLD, { code: 'key-due', accessKeyId: OLD }],
    [
      'the only key is not in the secret yet',
      { current: { kind: 'no-key' } },
      OLD,
      { code: 'key-not-in-secret', accessKeyId: OLD },
    ],
    [
      'the only key is in the secret as a login',
      { current: { kind: 'no-key', login: OLD } },
      OLD,
      { code: 'key-only-as-login', accessKeyId: OLD },
    ],
    ['there is no key at all', { keys: [], current: { kind: 'no-key' } }, null, { code: 'first-key' }],
    [
      'the key in the secret was deleted',
      { keys: [], current: holding(OLD) },
      null,
      { code: 'key-gone', accessKeyId: OLD },
    ],
    [
      'the key in the secret was deleted, a foreign one exists',
      { keys: [key(OTHER)], current: holding(OLD) },
      null,
      { code: 'key-gone', accessKeyId: OLD },
    ],
    [
      'the key in the secret was deactivated',
      { keys: [key(OLD, 'Inactive')] },
      OLD,
      { code: 'key-not-active', accessKeyId: OLD, status: 'Inactive' },
    ],
    [
      'the key in the secret was deactivated, asked by schedule',
      { keys: [key(OLD, 'Inactive', at(-1, 'd'))], input: scheduled },
      OLD,
      { code: 'key-not-active', accessKeyId: OLD, status: 'Inactive' },
    ],
    [
      'the only key is Inactive, young and not in the secret, asked by schedule',
      { keys: [key(OLD, 'Inactive', at(-1, 'd'))], current: { kind: 'no-key' }, input: scheduled },
      OLD,
      { code: 'key-not-in-secret', accessKeyId: OLD },
    ],
    [
      'a first key, asked by schedule',
      { keys: [], current: { kind: 'no-key' }, input: scheduled },
      null,
      { code: 'first-key' },
    ],
  ])('rotates when %s', (_case, overrides, oldAccessKeyId, why) => {
    const given = facts(overrides);
    expect(planRotation(given, NOW)).toMatchObject({
      kind: 'due',
      predecessorVersionId: null,
      rotation: {
        rootRotationId: OWNER,
        oldAccessKeyId,
        currentAccessKeyIdBefore: given.current?.kind === 'access-key' ? given.current.accessKeyId : null,
        accessKeyIdsBefore: given.keys.map(({ accessKeyId }) => accessKeyId),
        startedAt: NOW.toISOString(),
      },
      why,
    });
  });

  test.each<[string, number, string]>([
    ['a millisecond before the key is old enough', 1, 'nothing-to-do'],
    ['when the key is exactly old enough', 0, 'due'],
  ])('a scheduled start %s', (_case, early, kind) => {
    const created = new Date(NOW.getTime() - 75 * 86_400_000 + early);
    expect(planRotation(facts({ input: scheduled, keys: [key(OLD, 'Active', created)] }), NOW).kind).toBe(
      kind,
    );
  });

  test('a manual start rotates a key of any age', () => {
    expect(planRotation(facts({ keys: [key(OLD, 'Active', NOW)] }), NOW).kind).toBe('due');
  });

  test('says when a key that is not old enough is due', () => {
    const created = at(-1, 'd');
    expect(planRotation(facts({ input: scheduled, keys: [key(OLD, 'Active', created)] }), NOW)).toEqual({
      kind: 'nothing-to-do',
      why: { code: 'not-due', due: new Date(created.getTime() + 75 * 86_400_000) },
    });
  });

  test.each<[string, Partial<PlanFacts>, RefusalWhy]>([
    [
      'two keys, none of them in the secret',
      { keys: [key(OLD), key(OTHER)], current: { kind: 'no-key' } },
      { code: 'ambiguous-keys' },
    ],
    [
      'a foreign key beside the one that the secret names as a login',
      { keys: [key(OLD), key(OTHER)], current: { kind: 'no-key', login: OLD } },
      { code: 'other-keys', accessKeyId: OLD, others: [OTHER] },
    ],
    [
      'a foreign key beside the one in the secret',
      { keys: [key(OLD), key(OTHER)] },
      { code: 'other-keys', accessKeyId: OLD, others: [OTHER] },
    ],
    [
      'an Inactive foreign key beside it',
      { keys: [key(OTHER, 'Inactive'), key(OLD)] },
      { code: 'other-keys', accessKeyId: OLD, others: [OTHER] },
    ],
    [
      'two foreign keys, and the one in the secret gone',
      { keys: [key(OTHER), key(NEW)], current: holding(OLD) },
      { code: 'key-gone-and-no-room', accessKeyId: OLD },
    ],
  ])('refuses with AccessKeyConflict: %s', (_case, overrides, why) => {
    for (const input of [manual, scheduled]) {
      expect(planRotation(facts({ ...overrides, input }), NOW)).toEqual({
        kind: 'refuse',
        error: 'AccessKeyConflict',
        why,
        leak: undefined,
      });
    }
  });

  const obstacle = { code: 'key-not-found' } as const;
  const stranger = { accessKeyId: OTHER, evidence: { code: 'accepted', arn: 'bob' } } as const;

  test.each<[string, Partial<PlanFacts>, RefusalWhy]>([
    [
      'scheduled for deletion',
      { secret: secret({ scheduledForDeletion: true }) },
      { code: 'scheduled-for-deletion' },
    ],
    [
      "rotated by Secrets Manager's own rotation",
      { secret: secret({ rotationEnabled: true }) },
      { code: 'rotation-enabled' },
    ],
    ['without AWSCURRENT', { current: undefined }, { code: 'no-current' }],
    ['not JSON', { current: UNREADABLE }, { code: 'unreadable-current', problem: { code: 'not-json' } }],
    ["of somebody else's key", { current: holding(OTHER), stranger }, { code: 'strangers-key', stranger }],
    [
      'with AWSPENDING on something else',
      { holder: { kind: 'foreign', versionId: 'v-foreign' } },
      { code: 'foreign-lock', versionId: 'v-foreign' },
    ],
    [
      'without room for the labels of a rotation',
      { secret: secret({ versionByLabel: ownersLabels(13) }) },
      { code: 'too-many-labels', tooMany: 2, label: 'owners-0', versionId: 'a-version' },
    ],
    ['in the way of a new key', { obstacle }, { code: 'obstacle', obstacle }],
  ])('refuses with SecretConflict a secret that is %s', (_case, overrides, why) => {
    // Nothing is to be done by hand meanwhile.
    expect(planRotation(facts(overrides), NOW)).toEqual({
      kind: 'refuse',
      error: 'SecretConflict',
      why,
      leak: undefined,
    });
  });

  test('leaves the owner of a secret eleven labels', () => {
    const versionByLabel = ownersLabels(11);
    expect(planRotation(facts({ secret: secret({ versionByLabel }) }), NOW).kind).toBe('due');
  });

  test('begins anew when a person resumes, and nothing but the hold is left', () => {
    expect(planRotation(facts({ input: resume, onHold: true }), NOW)).toMatchObject({
      kind: 'due',
      predecessorVersionId: null,
    });
  });

  test('says that there is nothing to resume', () => {
    expect(planRotation(facts({ input: resume }), NOW)).toMatchObject({
      kind: 'nothing-to-do',
      why: { code: 'nothing-to-resume' },
    });
  });
});

describe('planRotation, a rotation in progress', () => {
  const running = heldBy({ kind: 'running' });

  test('leaves a running one alone: a schedule reports, a person gets RotationInProgress', () => {
    expect(planRotation(facts({ holder: running, input: scheduled }), NOW)).toEqual({
      kind: 'nothing-to-do',
      why: { code: 'running', executionArn: 'predecessor' },
    });
    expect(planRotation(facts({ holder: running }), NOW)).toMatchObject({
      kind: 'refuse',
      error: 'RotationInProgress',
      why: { code: 'in-progress', executionArn: 'predecessor' },
    });
    expect(planRotation(facts({ holder: running, input: resume }), NOW)).toMatchObject({
      error: 'RotationInProgress',
    });
  });

  test.each([
    ['stopped', stopped],
    ['unknown to Step Functions', heldBy({ kind: 'unknown-to-step-functions' })],
  ])('continues one whose execution is %s, with everything its intent remembers', (_case, holder) => {
    // The orphan of the predecessor is in the list by now: it must not become a key "from before".
    expect(planRotation(facts({ holder, keys: [key(OLD), key(NEW)], input: scheduled }), NOW)).toMatchObject({
      kind: 'due',
      predecessorVersionId: 'intent-of-predecessor',
      rotation: ROTATION,
      why: { code: 'unfinished' },
    });
  });

  test('refuses to continue the rotation of a former user of the same name', () => {
    expect(planRotation(facts({ holder: stopped, userId: 'AIDAANOTHERALICE0001' }), NOW)).toMatchObject({
      kind: 'refuse',
      error: 'StateDrift',
      why: { code: 'another-user', formerUserId: USER_ID },
    });
  });

  test('on hold: a schedule only reports, a person must resume', () => {
    const onHold = { holder: stopped, onHold: true };
    const why = { code: 'on-hold' };
    expect(planRotation(facts({ ...onHold, input: scheduled }), NOW)).toEqual({ kind: 'on-hold', why });
    expect(planRotation(facts(onHold), NOW)).toMatchObject({ kind: 'refuse', error: 'RotationOnHold', why });
    expect(planRotation(facts({ ...onHold, input: resume }), NOW).kind).toBe('due');
  });
});

describe('planRotation of an emergency', () => {
  const running = heldBy({ kind: 'running' });
  const inEmergency = (execution: Parameters<typeof heldBy>[0]) =>
    heldBy(execution, { leakedAccessKeyIds: [OLD] });
  const bothKeys = [key(OLD), key(NEW)];

  test.each<[string, Partial<PlanFacts>, object]>([
    [
      'names the only key',
      { input: leak(OLD) },
      {
        kind: 'due',
        rotation: { oldAccessKeyId: OLD, leakedAccessKeyIds: [OLD] },
        why: { code: 'key-leaked', accessKeyId: OLD },
      },
    ],
    [
      'names the only key, which is not in the secret',
      { input: leak(OLD), current: { kind: 'no-key' } },
      { kind: 'due', rotation: { oldAccessKeyId: OLD, currentAccessKeyIdBefore: null } },
    ],
    [
      'names a key that is in the secret as a login alone, beside another one',
      { input: leak(OLD), keys: [key(OLD), key(OTHER)], current: { kind: 'no-key', login: OLD } },
      { kind: 'due', rotation: { oldAccessKeyId: OLD, leakedAccessKeyIds: [OLD] } },
    ],
    [
      'names a key that is in the secret as a login, beside another key in it',
      { input: leak(OLD), keys: [key(OLD), key(OTHER)], current: { ...holding(OTHER), login: OLD } },
      { kind: 'due', rotation: { oldAccessKeyId: OLD, currentAccessKeyIdBefore: OTHER } },
    ],
    [
      'names a key that is in the secret as a login, while a rotation of another one is under way',
      {
        input: leak(OTHER),
        keys: [key(OTHER), key(NEW)],
        current: { kind: 'no-key', login: OTHER },
        holder: running,
      },
      { kind: 'stop-first', rotation: { oldAccessKeyId: OTHER } },
    ],
    [
      'remembers who was Inactive before',
      { input: leak(OLD), keys: [key(OLD), key(OTHER, 'Inactive')] },
      { rotation: { inactiveAccessKeyIdsBefore: [OTHER], supersededAccessKeyId: null } },
    ],
    [
      'stops a rotation, and remembers its old key',
      { input: leak(NEW), keys: bothKeys, current: holding(NEW), holder: running },
      {
        kind: 'stop-first',
        executionArn: 'predecessor',
        rotation: { oldAccessKeyId: NEW, leakedAccessKeyIds: [NEW], supersededAccessKeyId: OLD },
        why: { code: 'key-leaked-meanwhile', accessKeyId: NEW },
      },
    ],
    [
      'names a second key, while the first is retired',
      { input: leak(NEW), keys: bothKeys, current: holding(NEW), holder: inEmergency({ kind: 'running' }) },
      { rotation: { oldAccessKeyId: NEW, leakedAccessKeyIds: [OLD, NEW], supersededAccessKeyId: null } },
    ],
    [
      'names the key that is being retired already',
      {
        input: leak(OLD),
        keys: [key(OLD, 'Inactive'), key(NEW)],
        current: holding(NEW),
        holder: inEmergency({ kind: 'running' }),
      },
      {
        kind: 'refuse',
        error: 'RotationInProgress',
        why: { code: 'retired-already', accessKeyId: OLD, executionArn: 'predecessor' },
        leak: 'told',
      },
    ],
    [
      'names that key when somebody has set it Active again',
      {
        input: leak(OLD),
        keys: bothKeys,
        current: holding(NEW),
        holder: inEmergency({ kind: 'running' }),
      },
      { kind: 'stop-first' },
    ],
    [
      'names a key that nobody has',
      { input: leak(OTHER) },
      {
        kind: 'refuse',
        error: 'AccessKeyConflict',
        why: { code: 'unknown-leak', accessKeyId: OTHER },
        leak: 'told',
      },
    ],
    [
      'names a key beside the one in the secret',
      { input: leak(OTHER), keys: [key(OLD), key(OTHER)] },
      {
        kind: 'refuse',
        error: 'AccessKeyConflict',
        why: { code: 'foreign-leak', accessKeyId: OTHER },
        leak: 'told',
      },
    ],
    [
      'names a key of somebody else in the middle of a rotation',
      { input: leak(OTHER), keys: [key(NEW), key(OTHER)], current: holding(NEW), holder: running },
      { kind: 'refuse', error: 'AccessKeyConflict', why: { code: 'foreign-leak', accessKeyId: OTHER } },
    ],
    [
      'is at it, and another start is refused: it is not said that the leaked key is left',
      { input: manual, keys: bothKeys, holder: inEmergency({ kind: 'running' }) },
      { error: 'RotationInProgress', why: { code: 'in-progress' }, leak: undefined },
    ],
    [
      'cannot be carried out, when the user has no key: there is nothing to tell',
      { input: leak(OLD), keys: [], secret: secret({ rotationEnabled: true }) },
      { kind: 'refuse', error: 'SecretConflict', leak: 'told' },
    ],
    [
      'cannot be carried out, when the key is Inactive: what becomes of it is not told',
      { input: leak(OLD), keys: [key(OLD, 'Inactive')], secret: secret({ rotationEnabled: true }) },
      { kind: 'refuse', error: 'SecretConflict', leak: undefined },
    ],
    [
      'cannot be carried out: the message says that the key is Active, and what can be done',
      { input: leak(OLD), secret: secret({ rotationEnabled: true }) },
      {
        kind: 'refuse',
        error: 'SecretConflict',
        byHand: { code: 'retire-leaked-key', accessKeyId: OLD },
        leak: 'told',
      },
    ],
  ])('that %s', (_case, overrides, expected) => {
    expect(planRotation(facts(overrides), NOW)).toMatchObject(expected);
  });

  const stoppedOne = (rotation: Partial<Rotation>) =>
    heldBy({ kind: 'stopped', stoppedAt: at(-1, 'd') }, rotation);
  const labelled = (label: string) => secret({ versionByLabel: new Map([[label, 'a-version']]) });

  describe('in the middle of a rotation, names a key that', () => {
    const keys = [key(OTHER), key(NEW)];
    const inSecret = { keys, current: holding(NEW) };
    const others = { oldAccessKeyId: OLD, currentAccessKeyIdBefore: OLD };

    test.each<[string, Partial<PlanFacts>, boolean]>([
      ['is the only one', { keys: [key(OTHER)], current: holding(NEW), holder: stoppedOne(others) }, true],
      [
        'has been called leaked before',
        { ...inSecret, holder: stoppedOne({ ...others, leakedAccessKeyIds: [OLD, OTHER] }) },
        true,
      ],
      ['is the old one', { ...inSecret, holder: stoppedOne({ ...others, oldAccessKeyId: OTHER }) }, true],
      [
        'was in the secret when it began',
        { ...inSecret, holder: stoppedOne({ ...others, currentAccessKeyIdBefore: OTHER }) },
        true,
      ],
      [
        'an earlier emergency has interrupted the retirement of',
        { ...inSecret, holder: stoppedOne({ ...others, supersededAccessKeyId: OTHER }) },
        true,
      ],
      ['is in the secret now', { keys, current: holding(OTHER), holder: stoppedOne(others) }, true],
      [
        'the rotation has stored',
        { ...inSecret, holder: stoppedOne(others), secret: labelled(keyLabel(OTHER)) },
        true,
      ],
      [
        'the rotation has published',
        { ...inSecret, holder: stoppedOne(others), secret: labelled(publishedLabel(OTHER)) },
        true,
      ],
      [
        'is none of these, while another one is labelled',
        { ...inSecret, holder: stoppedOne(others), secret: labelled(keyLabel(NEW)) },
        false,
      ],
      [
        'was there before, and that is all',
        { ...inSecret, holder: stoppedOne({ ...others, accessKeyIdsBefore: [OLD, OTHER] }) },
        false,
      ],
    ])('%s', (_case, overrides, isOurs) => {
      const plan = planRotation(facts({ input: leak(OTHER), ...overrides }), NOW);
      if (isOurs) return expect(plan).toMatchObject({ kind: 'due', rotation: { oldAccessKeyId: OTHER } });
      // How to deactivate it is said once.
      expect(plan).toEqual({
        kind: 'refuse',
        error: 'AccessKeyConflict',
        why: { code: 'foreign-leak', accessKeyId: OTHER },
        leak: 'told',
      });
    });
  });

  describe('for a key that the secret does not name, when the settings let an emergency contain it', () => {
    const contains = { ...ENROLLED, containForeignKeys: true };

    test.each<[string, Partial<PlanFacts>]>([
      ['beside the one in the secret', { keys: [key(OLD), key(OTHER)] }],
      ['beside the one in the secret, Inactive', { keys: [key(OLD), key(OTHER, 'Inactive')] }],
      ['in the middle of a rotation', { keys: [key(OLD), key(OTHER)], holder: stoppedOne({}) }],
      ['two, while the secret has none', { keys: [key(OLD), key(OTHER)], current: { kind: 'no-key' } }],
    ])('%s: it is retired like every leaked key', (_case, overrides) => {
      const input = leak(OTHER);
      expect(planRotation(facts({ input, ...overrides }), NOW)).toMatchObject({
        kind: 'refuse',
        why: { code: 'foreign-leak', accessKeyId: OTHER },
      });
      expect(planRotation(facts({ input, enrolled: contains, ...overrides }), NOW)).toMatchObject({
        kind: 'due',
        rotation: { oldAccessKeyId: OTHER, leakedAccessKeyIds: [OTHER] },
      });
    });

    test('the user belongs to another secret: the key is that one’s', () => {
      const other = { kind: 'other', owner: OTHER_MARK } as const;
      const keys = [key(OLD), key(OTHER)];
      const plan = planRotation(
        facts({ input: leak(OTHER), keys, enrolled: contains, ownership: other }),
        NOW,
      );
      expect(plan).toMatchObject({ kind: 'refuse', why: { code: 'foreign-leak' } });
    });

    test('a key that nobody has is refused all the same, and an ordinary start does not touch one', () => {
      expect(planRotation(facts({ input: leak(OTHER), enrolled: contains }), NOW)).toMatchObject({
        kind: 'refuse',
        why: { code: 'unknown-leak' },
      });
      const keys = [key(OLD), key(OTHER)];
      expect(planRotation(facts({ input: manual, keys, enrolled: contains }), NOW)).toMatchObject({
        kind: 'refuse',
        why: { code: 'other-keys' },
      });
    });
  });

  describe('for a key that another execution is retiring', () => {
    const retiring = (rotation: Partial<Rotation> = {}) =>
      heldBy({ kind: 'running' }, { leakedAccessKeyIds: [OLD], ...rotation });
    const watch = {
      kind: 'refuse',
      error: 'RotationInProgress',
      // That execution is what helps.
      why: { code: 'retired-already', accessKeyId: OLD, executionArn: 'predecessor' },
      leak: 'told',
    };

    test.each<[string, Partial<PlanFacts>, object]>([
      ['it is Active, and consumers still read it', { holder: retiring() }, watch],
      [
        'consumers read another one that has leaked, too',
        { holder: retiring({ leakedAccessKeyIds: [OLD, NEW] }), current: holding(NEW) },
        watch,
      ],
      [
        'consumers read another one that is Inactive',
        { holder: retiring(), current: holding(NEW), keys: [key(OLD), key(NEW, 'Inactive')] },
        watch,
      ],
      ['the secret holds no key', { holder: retiring(), current: { kind: 'no-key' } }, watch],
      [
        'it retires another leaked one first',
        { holder: retiring({ oldAccessKeyId: NEW, leakedAccessKeyIds: [NEW] }) },
        {
          kind: 'stop-first',
          rotation: { oldAccessKeyId: OLD, leakedAccessKeyIds: [NEW, OLD] },
        },
      ],
      [
        'as the old one of a rotation in which nothing has leaked',
        { holder: running },
        { kind: 'stop-first', rotation: { leakedAccessKeyIds: [OLD] } },
      ],
      [
        'and that has ended',
        { holder: stoppedOne({ leakedAccessKeyIds: [OLD] }) },
        { kind: 'due', rotation: { leakedAccessKeyIds: [OLD] } },
      ],
    ])('%s', (_case, overrides, expected) => {
      expect(planRotation(facts({ input: leak(OLD), keys: bothKeys, ...overrides }), NOW)).toMatchObject(
        expected,
      );
    });
  });

  describe('what can be done by hand is said when a plan is refused, and', () => {
    const cannot = { secret: secret({ rotationEnabled: true }) };
    const unfinished = { holder: inEmergency({ kind: 'stopped', stoppedAt: at(-1, 'd') }) };
    const setInactive: ByHand = { code: 'retire-leaked-key', accessKeyId: OLD };
    const setActive: ByHand = { code: 'bring-old-key-back', accessKeyId: OLD };
    const rollback: RotationInput = { ...manual, action: 'rollback' };
    const back = {
      ...cannot,
      input: rollback,
      holder: stoppedOne({}),
      keys: [key(OLD, 'Inactive'), key(NEW)],
    };

    test.each<[string, Partial<PlanFacts>, ByHand | undefined]>([
      ['the key of an emergency is Active', { ...cannot, input: leak(OLD) }, setInactive],
      [
        'the key of an emergency is Inactive',
        { ...cannot, input: leak(OLD), keys: [key(OLD, 'Inactive')] },
        undefined,
      ],
      ['the user does not have it', { ...cannot, input: leak(OTHER) }, undefined],
      [
        'a schedule would have gone on with an emergency',
        { ...cannot, ...unfinished, input: scheduled },
        setInactive,
      ],
      ['a rollback finds an emergency', { ...cannot, ...unfinished, input: rollback }, setInactive],
      [
        'the leaked key of an unfinished emergency is Inactive',
        { ...cannot, ...unfinished, keys: [key(OLD, 'Inactive'), key(NEW)] },
        undefined,
      ],
      ['a rotation that cannot go on has no leaked key', { ...cannot, holder: stoppedOne({}) }, undefined],
      ['a rollback cannot have the lock', back, setActive],
      ['nobody wants the old key back', { ...back, input: manual }, undefined],
      [
        'the user was created again: the old key is one of another user',
        { ...back, secret: secret(), userId: 'AIDAANOTHERALICE0001' },
        undefined,
      ],
      ['the lock is not one of ours', { ...back, holder: { kind: 'foreign', versionId: 'v' } }, undefined],
      [
        'the old key was Inactive before the rotation',
        { ...back, holder: stoppedOne({ inactiveAccessKeyIdsBefore: [OLD] }) },
        undefined,
      ],
      ['the old key is gone', { ...back, keys: [key(NEW)] }, undefined],
      ['the old key is Active', { ...back, keys: bothKeys }, undefined],
    ])('%s', (_case, overrides, byHand) => {
      const plan = planRotation(facts(overrides), NOW);
      if (plan.kind !== 'refuse') throw new Error(`It is not refused: ${plan.why.code}`);
      expect(plan.byHand).toEqual(byHand);
      expect(plan.leak).toBe(byHand === setInactive || plan.why.code === 'unknown-leak' ? 'told' : undefined);
    });
  });

  test.each<[string, Partial<PlanFacts>]>([
    ['a pause', { secret: secret({ pauseTag: 'audit' }) }],
    ['a hold', { onHold: true }],
  ])('that was interrupted is continued by schedule in spite of %s', (_what, overrides) => {
    const holder = inEmergency({ kind: 'stopped', stoppedAt: at(-1, 'd') });
    const plan = planRotation(facts({ input: scheduled, holder, keys: bothKeys, ...overrides }), NOW);
    expect(plan).toMatchObject({ kind: 'due', rotation: { leakedAccessKeyIds: [OLD] } });
  });
});

describe('planRotation of a rollback by hand, while an emergency is unfinished', () => {
  const rollback: RotationInput = { ...manual, action: 'rollback' };
  const holder = heldBy({ kind: 'stopped', stoppedAt: at(-1, 'd') }, { leakedAccessKeyIds: [OLD] });

  test.each([
    ['Active', { code: 'retire-leaked-key', accessKeyId: OLD }],
    ['Inactive', undefined],
  ])(
    'the leaked key is not brought back, and what is left to do is told by whether it is %s',
    (status, byHand) => {
      const keys = [key(OLD, status), key(NEW)];
      const plan = planRotation(facts({ input: rollback, keys, current: holding(NEW), holder }), NOW);
      expect(plan).toEqual({
        kind: 'refuse',
        error: 'NothingToRollBack',
        why: {
          code: 'no-way-back',
          obstacle: { code: 'leaked', oldAccessKeyId: OLD, isInactive: status === 'Inactive' },
        },
        leak: byHand && 'told',
        ...(byHand && { byHand }),
      });
    },
  );
});

describe('planRotation of a rollback by hand', () => {
  const rollback: RotationInput = { ...manual, action: 'rollback' };
  const ended = { kind: 'stopped', stoppedAt: at(-1, 'd') } as const;
  const keys = [key(OLD, 'Inactive'), key(NEW)];
  const nothing = (left: LeftBehind, current: PlanFacts['current'] = holding(NEW)) => ({
    error: 'NothingToRollBack',
    why: { code: 'nothing-to-roll-back', left, current },
  });

  test.each<[string, Partial<PlanFacts>, object]>([
    ['AWSCURRENT cannot be understood', { current: UNREADABLE }, { kind: 'due' }],
    [
      'AWSCURRENT holds a key of somebody else’s',
      { current: holding(OTHER), stranger: { accessKeyId: OTHER, evidence: { code: 'temporary' } } },
      { kind: 'due' },
    ],
    ['the labels are used up', { secret: secret({ versionByLabel: ownersLabels(12) }) }, { kind: 'due' }],
    [
      'the rotation is running: it is stopped',
      { holder: heldBy({ kind: 'running' }) },
      { kind: 'stop-first' },
    ],
    [
      'the rotation has ended',
      {},
      { kind: 'due', rotation: ROTATION, why: { code: 'rollback', accessKeyId: OLD } },
    ],
    [
      'the old key was Inactive before the rotation',
      { holder: heldBy(ended, { inactiveAccessKeyIdsBefore: [OLD] }) },
      {
        error: 'NothingToRollBack',
        why: {
          code: 'no-way-back',
          obstacle: { code: 'inactive-before', oldAccessKeyId: OLD, isInactive: true },
        },
      },
    ],
    [
      'nothing is AWSCURRENT',
      { current: undefined },
      { error: 'SecretConflict', why: { code: 'no-current' } },
    ],
    [
      'the lock cannot be held: it can be done by hand',
      { secret: secret({ rotationEnabled: true }) },
      { error: 'SecretConflict', byHand: { code: 'bring-old-key-back', accessKeyId: OLD } },
    ],
    [
      'there is no rotation, and another key is Inactive',
      { holder: undefined, current: holding(NEW) },
      nothing({ code: 'inactive', accessKeyId: OLD }),
    ],
    [
      'there is no rotation, and another key is Active',
      { holder: undefined, current: holding(NEW), keys: [key(OLD), key(NEW)] },
      nothing({ code: 'active', accessKeyIds: [OLD] }),
    ],
    [
      'there is no rotation, and no other key',
      { holder: undefined, current: holding(NEW), keys: [key(NEW)] },
      nothing({ code: 'none' }),
    ],
    [
      'there is none, and AWSCURRENT cannot be understood',
      { holder: undefined, current: UNREADABLE },
      nothing({ code: 'inactive', accessKeyId: OLD }, UNREADABLE),
    ],
  ])('when %s', (_case, overrides, expected) => {
    const found = planRotation(facts({ input: rollback, holder: stopped, keys, ...overrides }), NOW);
    expect(found).toMatchObject(expected);
  });
});

describe('planRotation, ahead of a start by schedule', () => {
  const NOTICED = { ...ENROLLED, noticeBefore: 'P2D' };
  const DAY = 86_400_000;
  /** What is planned for a key that is due after so many milliseconds. */
  const planned = (dueIn: number, overrides: Partial<PlanFacts> = {}) => {
    const created = new Date(NOW.getTime() - 75 * DAY + dueIn);
    const given = { input: scheduled, enrolled: NOTICED, keys: [key(OLD, 'Active', created)], ...overrides };
    return planRotation(facts(given), NOW);
  };
  const damage = {
    kind: 'emptied',
    accessKeyId: OLD,
    goodVersionId: 'good',
    currentVersionId: 'bad',
  } as const;
  const waited = (noticeUntil: Date): Partial<PlanFacts> => ({
    input: { ...scheduled, noticeUntil: noticeUntil.toISOString() },
  });

  test.each<[string, number, Partial<PlanFacts>, object]>([
    ['a millisecond before the notice', 2 * DAY + 1, {}, { kind: 'nothing-to-do', why: { code: 'not-due' } }],
    [
      'when it is time for it',
      2 * DAY,
      {},
      { kind: 'notice', until: at(2, 'd'), why: { code: 'notice', accessKeyId: OLD, until: at(2, 'd') } },
    ],
    ['later', DAY, {}, { kind: 'notice', until: at(2, 'd') }],
    ['when the key is due', 0, {}, { kind: 'notice', until: at(2, 'd') }],
    ['when it is overdue', -30 * DAY, {}, { kind: 'notice', until: at(2, 'd') }],
    ['when a person starts it', DAY, { input: manual }, { kind: 'due' }],
    ['when a person resumes it', DAY, { input: resume, onHold: true }, { kind: 'due' }],
    ['with no notice', 0, { enrolled: ENROLLED }, { kind: 'due' }],
    ['with no notice, and not due', 1, { enrolled: ENROLLED }, { kind: 'nothing-to-do' }],
    ['by an earlier definition', 0, { knowsNotice: false }, { kind: 'due' }],
    ['by an earlier definition, and not due', 1, { knowsNotice: false }, { kind: 'nothing-to-do' }],
    [
      'of a key that is in no secret yet',
      DAY,
      { current: { kind: 'no-key' } },
      { kind: 'notice', why: { accessKeyId: OLD } },
    ],
    ['without a key', 0, { keys: [], current: { kind: 'no-key' } }, { kind: 'due' }],
    ['with a key in the secret that is gone', 0, { keys: [] }, { kind: 'due' }],
    [
      'with an Inactive key',
      0,
      { keys: [key(OLD, 'Inactive')] },
      { kind: 'due', why: { code: 'key-not-active' } },
    ],
    [
      'with an Inactive key that is in no secret',
      0,
      { keys: [key(OLD, 'Inactive')], current: { kind: 'no-key' } },
      { kind: 'due' },
    ],
    ['of an unfinished rotation', DAY, { holder: stopped }, { kind: 'due', why: { code: 'unfinished' } }],
    [
      'while one is running',
      DAY,
      { holder: heldBy({ kind: 'running' }) },
      { kind: 'nothing-to-do', why: { code: 'running' } },
    ],
    [
      'during a pause',
      DAY,
      { enrolled: { ...NOTICED, paused: 'freeze' } },
      { kind: 'nothing-to-do', why: { code: 'paused' } },
    ],
    ['on hold', DAY, { onHold: true }, { kind: 'on-hold' }],
    [
      'with an obstacle',
      DAY,
      { keys: [key(OLD), key(OTHER)] },
      { kind: 'refuse', error: 'AccessKeyConflict' },
    ],
    ['with an alarm that is not there', DAY, { missingAlarms: [{ name: 'errors' }] }, { kind: 'refuse' }],
    [
      'when another execution waits',
      DAY,
      { noticeGivenBy: 'first' },
      { kind: 'nothing-to-do', why: { code: 'notice-given', executionArn: 'first' } },
    ],
    [
      'when another one waits, and there is an obstacle',
      DAY,
      { noticeGivenBy: 'first', keys: [key(OLD), key(OTHER)] },
      { kind: 'refuse' },
    ],
    ['with a damaged secret', DAY, { damage }, { kind: 'refuse', why: { code: 'damaged-secret' } }],
    ['with a damaged secret, when the key is due: at once, because it helps', 0, { damage }, { kind: 'due' }],
  ])('%s', (_case, dueIn, overrides, expected) => {
    expect(planned(dueIn, overrides)).toMatchObject(expected);
  });

  test.each<[string, number, Date, string]>([
    ['the key is due now', 0, NOW, 'due'],
    ['the clock of this function is behind', 60_000, at(1, 'm'), 'due'],
    ['the key has become due later meanwhile', DAY, NOW, 'nothing-to-do'],
    ['a rotation has come and gone', 75 * DAY, NOW, 'nothing-to-do'],
  ])('after its notice, %s', (_case, dueIn, noticeUntil, kind) => {
    expect(planned(dueIn, waited(noticeUntil)).kind).toBe(kind);
  });

  test('after its notice, an earlier one does not count', () => {
    expect(planned(0, { ...waited(NOW), noticeGivenBy: 'first' }).kind).toBe('due');
  });
});
