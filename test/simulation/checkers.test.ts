import type { Intent } from '../../lambdas/shared/secret/secret-document';
import { CHECKERS } from '../../simulation/checkers';
import type { Change, End, Facts, KeyFacts, Snapshot } from '../../simulation/checkers/facts';
import { whatIsLeft } from '../../simulation/checkers/faults-end-safely';
import { INVARIANTS, type InvariantNumber } from '../../simulation/schedule/invariants';
import { HOUR } from '../support/time';

const NOW = 1000 * HOUR;
const HOLDER = 'arn:aws:states:us-east-1:111122223333:execution:rotation:one';

const lock = (more: Partial<Intent> = {}): Intent => ({
  kind: 'intent',
  owner: `${HOLDER}#0`,
  userId: 'AIDAEXAMPLE',
  rootRotationId: 'one',
  oldAccessKeyId: 'OLD',
  currentAccessKeyIdBefore: 'OLD',
  accessKeyIdsBefore: ['OLD'],
  inactiveAccessKeyIdsBefore: [],
  startedAt: '2026-01-01T00:00:00.000Z',
  leakedAccessKeyIds: [],
  supersededAccessKeyId: null,
  ...more,
});

/** The old key has been Inactive for two days, and its successor has been in AWSCURRENT for three. */
const key = (more: Partial<KeyFacts> = {}): KeyFacts => ({
  madeBy: 'start',
  inactiveSince: undefined,
  currentAt: NOW - 72 * HOUR,
  tested: true,
  lastUse: NOW - 72 * HOUR,
  broughtBack: false,
  ...more,
});

const facts = (more: Partial<Facts> = {}): Facts => ({
  promised: {
    overlapPeriod: 2 * HOUR,
    noticeBefore: HOUR,
    quietPeriod: 3 * HOUR,
    recoveryPeriod: 24 * HOUR,
    cache: HOUR,
    clocksDiffer: 0,
  },
  keys: new Map([
    ['OLD', key({ inactiveSince: NOW - 48 * HOUR })],
    ['NEW', key({ madeBy: 'rotation', currentAt: NOW })],
  ]),
  leaked: new Set(),
  elsewhere: new Set(),
  alarmed: false,
  wentOffAt: [],
  paused: false,
  disturbed: false,
  currentSince: NOW - 72 * HOUR,
  held: 'NEW',
  brokenAt: Number.NEGATIVE_INFINITY,
  alias: (accessKeyId) => String(accessKeyId),
  isTooNew: () => false,
  secretHolds: () => true,
  ...more,
});

const withKeys = (keys: Readonly<Record<string, KeyFacts>>, more: Partial<Facts> = {}): Facts =>
  facts({ keys: new Map([...facts().keys, ...Object.entries(keys)]), ...more });

type Statuses = Readonly<Record<string, string>>;

const snapshot = (statuses: Statuses, more: Partial<Snapshot> = {}): Snapshot => ({
  now: NOW,
  statuses: new Map(Object.entries(statuses)),
  current: 'NEW',
  currentProblem: undefined,
  currentIsStrangers: false,
  labels: new Set(['AWSCURRENT', 'AWSPENDING']),
  lock: lock(),
  ...more,
});

const BOTH = { OLD: 'Active', NEW: 'Active' };
const DEACTIVATED = { OLD: 'Inactive', NEW: 'Active' };
const DELETED = { NEW: 'Active' };

const change = (before: Snapshot, after: Snapshot, origin: string | undefined = HOLDER): Change => ({
  before,
  after,
  origin,
  holder: before.lock && HOLDER,
});
const deactivation = change(snapshot(BOTH), snapshot(DEACTIVATED));
const deletion = change(snapshot(DEACTIVATED), snapshot(DELETED));

const violated = (one: Change, known: Facts): readonly InvariantNumber[] =>
  (Object.keys(INVARIANTS).map(Number) as InvariantNumber[]).filter(
    (number) => [...(CHECKERS[number].onChange?.(one, known) ?? [])].length > 0,
  );

test.each<[string, Change, Facts]>([
  ['a deactivation in its time', deactivation, facts()],
  ['a deletion in its time', deletion, facts()],
  [
    'a leaked key that is deactivated at once',
    deactivation,
    facts({ leaked: new Set(['OLD']), currentSince: NOW }),
  ],
  [
    'the deletion of a key that was never read',
    change(snapshot({ ...DELETED, STRAY: 'Active' }), snapshot(DELETED)),
    withKeys({ STRAY: key({ madeBy: 'rotation', currentAt: undefined }) }),
  ],
  [
    'a leaked key that makes room',
    change(
      snapshot(DEACTIVATED, { lock: lock({ leakedAccessKeyIds: ['OLD', 'NEW'] }) }),
      snapshot(DELETED, { lock: lock({ leakedAccessKeyIds: ['OLD', 'NEW'] }) }),
    ),
    withKeys({ OLD: key({ inactiveSince: NOW }) }, { leaked: new Set(['OLD', 'NEW']) }),
  ],
  [
    'a deactivation after a person has disturbed the application',
    deactivation,
    facts({ held: 'OLD', disturbed: true }),
  ],
  ['a leaked key that the application has', deactivation, facts({ held: 'OLD', leaked: new Set(['OLD']) })],
  [
    'another user’s key that stays in the secret',
    change(
      snapshot(BOTH, { current: 'BOBS', currentIsStrangers: true }),
      snapshot(BOTH, { current: 'BOBS', currentIsStrangers: true }),
    ),
    facts(),
  ],
  [
    'another user’s key that no longer works is replaced',
    change(snapshot(BOTH, { current: 'BOBS' }), snapshot(BOTH)),
    facts(),
  ],
  ['no change at all', change(snapshot(BOTH), snapshot(BOTH), 'another'), facts()],
])('violates nothing: %s', (_what, one, known) => {
  expect(violated(one, known)).toEqual([]);
});

test.each<[InvariantNumber, string, Change, Facts]>([
  [1, 'AWSCURRENT loses its key', change(snapshot(BOTH), snapshot(BOTH, { current: undefined })), facts()],
  [
    1,
    'AWSCURRENT moves to an unusable key',
    change(snapshot(BOTH, { current: 'OLD' }), snapshot(BOTH, { currentProblem: 'has another secret' })),
    facts(),
  ],
  [
    1,
    'a key is published before AWS accepts it',
    change(snapshot(BOTH, { current: 'OLD' }), snapshot(BOTH)),
    withKeys({ NEW: key({ madeBy: 'rotation', currentAt: undefined }) }, { isTooNew: () => true }),
  ],
  [
    1,
    'a key is removed that consumers may have in their caches',
    deactivation,
    withKeys({ OLD: key({ currentAt: NOW - HOUR / 2 }) }),
  ],
  [2, 'the overlap period is not over', deactivation, facts({ currentSince: NOW - HOUR })],
  [
    2,
    'people have not had the time that they are told of',
    deactivation,
    facts({ promised: { ...facts().promised, noticeBefore: 5 * HOUR }, currentSince: NOW - 4 * HOUR }),
  ],
  [2, 'the old key was in use', deactivation, withKeys({ OLD: key({ lastUse: NOW - HOUR }) })],
  [2, 'the application has not moved', deactivation, facts({ held: 'OLD' })],
  [
    6,
    'a key that works for another user is overwritten',
    change(snapshot(BOTH, { current: 'BOBS', currentIsStrangers: true }), snapshot(BOTH)),
    facts(),
  ],
  [
    2,
    'the new key was not tested',
    deactivation,
    withKeys({ NEW: key({ madeBy: 'rotation', tested: false }) }),
  ],
  [2, 'the user is paused', deactivation, facts({ paused: true })],
  [2, 'a rollback has brought the key back', deactivation, withKeys({ OLD: key({ broughtBack: true }) })],
  [
    2,
    'AWSCURRENT names the key itself',
    change(
      snapshot({ OLD: 'Active' }, { current: 'OLD' }),
      snapshot({ OLD: 'Inactive' }, { current: 'OLD' }),
    ),
    facts(),
  ],
  [
    2,
    'a leaked key is Active again',
    change(
      snapshot(DEACTIVATED, { lock: lock({ leakedAccessKeyIds: ['OLD'] }) }),
      snapshot(BOTH, { lock: lock({ leakedAccessKeyIds: ['OLD'] }) }),
    ),
    facts(),
  ],
  [3, 'the recovery period is not over', deletion, withKeys({ OLD: key({ inactiveSince: NOW - HOUR }) })],
  [3, 'meanwhile, consumers had no working key', deletion, facts({ brokenAt: NOW - HOUR })],
  [3, 'the consumers fail', deletion, facts({ alarmed: true })],
  [3, 'the user is paused', deletion, facts({ paused: true })],
  [
    3,
    'AWSCURRENT names no other key',
    change(snapshot(DEACTIVATED, { current: undefined }), snapshot(DELETED, { current: undefined })),
    facts(),
  ],
  [
    6,
    'a person’s key is deleted',
    change(snapshot({ ...DELETED, THEIRS: 'Inactive' }), snapshot(DELETED)),
    withKeys({ THEIRS: key({ madeBy: 'person', currentAt: undefined, inactiveSince: NOW - 48 * HOUR }) }),
  ],
  [
    6,
    'a key that another stack’s secret holds is deactivated',
    change(snapshot(BOTH), snapshot(DEACTIVATED)),
    facts({ elsewhere: new Set(['OLD']) }),
  ],
  [
    7,
    'another execution holds the lock',
    change(snapshot(DEACTIVATED), snapshot(DELETED), 'another'),
    facts(),
  ],
  [
    7,
    'no execution holds the lock',
    change(snapshot(DEACTIVATED, { lock: undefined }), snapshot(DELETED, { lock: undefined })),
    facts(),
  ],
])('violates promise %d: %s', (number, _what, one, known) => {
  expect(violated(one, known)).toContain(number);
});

describe('a refused consumer', () => {
  const refused = (known: Facts) => [...(CHECKERS[1].onRefusal?.('NEW', known) ?? [])];

  test('violates promise 1', () => {
    expect(refused(facts())).toHaveLength(1);
  });

  test.each([
    ['a person has disturbed', facts({ disturbed: true })],
    ['has leaked', facts({ leaked: new Set(['NEW']) })],
  ])('violates nothing when its key %s', (_why, known) => {
    expect(refused(known)).toEqual([]);
  });
});

describe('the end of a schedule', () => {
  const END: End = {
    left: undefined,
    error: 'SUCCEEDED',
    answered: false,
    strays: [],
    secretAccessKeys: ['made-up-1', 'made-up-2'],
    kept: 'a history',
  };
  const left = 'the user has 2 keys';

  test.each<[string, Partial<End>, readonly InvariantNumber[]]>([
    ['in order', {}, []],
    ['answered by a named error', { left, answered: true, strays: ['NEW'] }, []],
    ['with a key of the rotation left', { left, strays: ['NEW'] }, [4]],
    ['with something else left', { left }, [8]],
    ['with key material in what is kept', { kept: 'a history with made-up-2' }, [5]],
  ])('%s', (_how, more, expected) => {
    const found = (Object.keys(INVARIANTS).map(Number) as InvariantNumber[]).filter(
      (number) => [...(CHECKERS[number].onEnd?.({ ...END, ...more }) ?? [])].length > 0,
    );
    expect(found).toEqual(expected);
  });
});

describe('what is left', () => {
  const done = snapshot(
    { NEW: 'Active' },
    { labels: new Set(['AWSCURRENT', 'AWSPREVIOUS']), lock: undefined },
  );
  const none = { leaked: new Set<string>() };

  test.each<[string, Snapshot, { readonly leaked: ReadonlySet<string> }, string | undefined]>([
    ['nothing, after a rotation', done, none, undefined],
    ['the lock', { ...done, labels: new Set(['AWSPENDING']) }, none, 'labels are left: AWSPENDING'],
    [
      'labels of a key, without its ID',
      { ...done, labels: new Set(['rotation-key-AKIAEXAMPLE', 'rotation-held']) },
      none,
      'labels are left: rotation-key-KEY, rotation-held',
    ],
    ['two keys', { ...done, statuses: new Map(Object.entries(BOTH)) }, none, 'the user has 2 keys'],
    ['no key', { ...done, statuses: new Map() }, none, 'the user has 0 keys'],
    ['another key', { ...done, current: 'OLD' }, none, 'AWSCURRENT does not name the user’s key'],
    ['a leaked key', done, { leaked: new Set(['NEW']) }, 'the user’s key has leaked'],
    [
      'an Inactive key',
      { ...done, statuses: new Map([['NEW', 'Inactive']]) },
      none,
      'the user’s key is not Active',
    ],
  ])('%s', (_what, state, known, expected) => {
    expect(whatIsLeft(state, known)).toBe(expected);
  });
});
