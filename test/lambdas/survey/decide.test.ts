import { METRICS } from '../../../lambdas/shared/contract/names';
import type { SecretDescription } from '../../../lambdas/shared/gateways/secret-gateway';
import type { AccessKey } from '../../../lambdas/shared/rotation/access-key';
import { formerKeyVersionId, keyLabel, keyVersionId } from '../../../lambdas/shared/secret/versions';
import {
  figuresOf,
  isUrgent,
  judgeSubscriptions,
  judgeUser,
  needsAttention,
  needsSecondLook,
  type UserFacts,
  type UserReport,
} from '../../../lambdas/survey/decide';
import type { RunningRotation } from '../../../lambdas/survey/progress';
import { surveyedUsers } from '../../../lib/config/surveyed';
import { enrolledUsers } from '../../../local/world/scene';
import { DAY, HOUR } from '../../support/time';

const NOW = new Date('2026-03-02T08:00:00.000Z');
const ago = (time: number): Date => new Date(NOW.getTime() - time);

const NO = { code: 'aws', answer: 'no' } as const;
const OLD = 'AKIAOLDOLDOLDOLDOLD0';
const NEW = 'AKIANEWNEWNEWNEWNEW0';
const OTHER = 'AKIAOTHEROTHEROTHER0';
const [ALICE] = surveyedUsers(
  enrolledUsers([{ userName: 'alice', healthAlarms: ['orders'], replicaRegions: ['eu-west-1'] }]),
);

const key = (accessKeyId: string, age = DAY, status = 'Active'): AccessKey => ({
  accessKeyId,
  status,
  createDate: ago(age),
});
const versionOf = (accessKeyId: string): string => keyVersionId('somebody', accessKeyId);

const secret = (
  labels: Readonly<Record<string, string>>,
  changes: Partial<SecretDescription> = {},
): SecretDescription => ({
  versionByLabel: new Map(Object.entries(labels)),
  rotationEnabled: false,
  scheduledForDeletion: false,
  laggingReplicas: [],
  primaryRegion: undefined,
  replicaStatus: new Map([['eu-west-1', 'InSync']]),
  pauseTag: undefined,
  changedAt: ago(HOUR),
  ...changes,
});

const facts = (changes: Partial<UserFacts> = {}): UserFacts => {
  if (ALICE === undefined) throw new Error('nobody is enrolled');
  return {
    user: ALICE,
    keys: { value: [key(NEW)] },
    secret: { value: secret({ AWSCURRENT: versionOf(NEW) }) },
    running: { value: undefined },
    lastEnd: { value: undefined },
    alarms: [{ name: 'orders', state: 'OK' }],
    schedule: { value: 'enabled' },
    ...changes,
  };
};
const running = (changes: Partial<RunningRotation> = {}): UserFacts['running'] => ({
  value: {
    executionArn: 'arn',
    startedAt: ago(HOUR),
    progress: { stage: 'adoption', since: ago(HOUR), waitsUntil: undefined },
    accessKeyIds: [OLD, NEW],
    ...changes,
  },
});

const notFine = ({ findings }: UserReport): readonly string[] =>
  findings.flatMap((finding) =>
    finding.verdict === 'fine' ? [] : [`${finding.check}: ${finding.verdict}, ${finding.why.code}`],
  );
const rolesIn = ({ keys = [] }: UserReport): readonly string[] => keys.map(({ role }) => role);

test.each<[string, Partial<UserFacts>, readonly string[]]>([
  ['all is well', {}, []],
  [
    'no key, and a placeholder',
    { keys: { value: [] }, secret: { value: secret({ AWSCURRENT: 'made-by-hand' }) } },
    ['current: unknown, not-said'],
  ],
  [
    'a version of an earlier release',
    { secret: { value: secret({ AWSCURRENT: formerKeyVersionId(NEW) }) } },
    [],
  ],
  [
    'no such user',
    { keys: { value: undefined } },
    ['key-age: wrong, no-such-user', 'current: wrong, key-gone'],
  ],
  [
    'no secret',
    { secret: { value: undefined } },
    ['current: wrong, no-secret', 'other-keys: unknown, not-said'],
  ],
  [
    'a secret that is being deleted',
    { secret: { value: secret({ AWSCURRENT: versionOf(NEW) }, { scheduledForDeletion: true }) } },
    ['current: wrong, secret-deleted'],
  ],
  [
    'no AWSCURRENT',
    { secret: { value: secret({}) } },
    ['current: wrong, no-current', 'other-keys: unknown, not-said'],
  ],
  ['AWSCURRENT of a key that is gone', { keys: { value: [] } }, ['current: wrong, key-gone']],
  [
    'AWSCURRENT of an Inactive key',
    { keys: { value: [key(NEW, DAY, 'Inactive')] } },
    ['current: wrong, key-not-active'],
  ],
  [
    'AWSCURRENT of an Expired key',
    { keys: { value: [key(NEW, DAY, 'Expired')] } },
    ['current: wrong, key-not-active'],
  ],
  ['a key beside it', { keys: { value: [key(NEW), key(OTHER)] } }, ['other-keys: wrong, unmanaged']],
  [
    'a key beside an owner’s document',
    { keys: { value: [key(NEW), key(OTHER)] }, secret: { value: secret({ AWSCURRENT: 'by-hand' }) } },
    ['current: unknown, not-said', 'other-keys: unknown, not-said'],
  ],
  [
    'the key before it, with no rotation under way',
    {
      keys: { value: [key(NEW), key(OLD)] },
      secret: { value: secret({ AWSCURRENT: versionOf(NEW), AWSPREVIOUS: versionOf(OLD) }) },
    },
    ['other-keys: wrong, unmanaged'],
  ],
  [
    'the key before it, of an unfinished rotation',
    {
      keys: { value: [key(NEW), key(OLD)] },
      secret: {
        value: secret({ AWSCURRENT: versionOf(NEW), AWSPREVIOUS: versionOf(OLD), AWSPENDING: 'intent-1' }),
      },
    },
    [],
  ],
  [
    'a stored key of an unfinished rotation',
    {
      keys: { value: [key(OLD), key(NEW)] },
      secret: {
        value: secret({
          AWSCURRENT: versionOf(OLD),
          AWSPENDING: 'intent-1',
          [keyLabel(NEW)]: versionOf(NEW),
        }),
      },
    },
    [],
  ],
  [
    'the old key of a rotation that runs',
    {
      keys: { value: [key(NEW), key(OLD)] },
      running: running(),
      secret: { value: secret({ AWSCURRENT: versionOf(NEW), AWSPENDING: 'intent-1' }) },
    },
    [],
  ],
  [
    'a third hand during a rotation that runs',
    {
      keys: { value: [key(NEW), key(OTHER)] },
      running: running(),
      secret: { value: secret({ AWSCURRENT: versionOf(NEW), AWSPENDING: 'intent-1' }) },
    },
    ['other-keys: wrong, unmanaged'],
  ],
  [
    'a key that is being created',
    {
      keys: { value: [key(OLD), key(NEW)] },
      running: running({
        progress: { stage: 'starting', since: ago(1000), waitsUntil: undefined },
        accessKeyIds: [OLD],
      }),
      secret: { value: secret({ AWSCURRENT: versionOf(OLD), AWSPENDING: 'intent-1' }) },
    },
    ['other-keys: unknown, not-said'],
  ],
  [
    'a replica that is behind',
    {
      secret: {
        value: secret(
          { AWSCURRENT: versionOf(NEW) },
          { replicaStatus: new Map([['eu-west-1', 'InProgress']]) },
        ),
      },
    },
    ['replicas: wrong, replicas'],
  ],
  [
    'a replica that is missing',
    { secret: { value: secret({ AWSCURRENT: versionOf(NEW) }, { replicaStatus: new Map() }) } },
    ['replicas: wrong, replicas'],
  ],
  [
    'an alarm that is missing',
    { alarms: [{ name: 'orders', state: 'missing' }] },
    ['health-alarms: wrong, alarms-missing'],
  ],
  ['an alarm that rings', { alarms: [{ name: 'orders', state: 'ALARM' }] }, []],
  [
    'an alarm that cannot be read',
    { alarms: [{ name: 'orders', state: 'unreadable', problem: 'no', lasting: true }] },
    ['health-alarms: unknown, unread'],
  ],
  ['an alarm that nobody has asked about', { alarms: [] }, ['health-alarms: unknown, unread']],
  [
    'a schedule that is disabled',
    { schedule: { value: 'disabled' } },
    ['schedule: wrong, schedule-disabled'],
  ],
  [
    'a rotation whose state is not known',
    { running: running({ progress: undefined, problem: NO }) },
    ['rotation: unknown, unread'],
  ],
  [
    'a rotation in recovery beyond its plan',
    { running: running({ progress: { stage: 'recovery', since: ago(18 * DAY), waitsUntil: undefined } }) },
    ['rotation: wrong, stuck'],
  ],
  [
    'a rotation in recovery within its plan',
    { running: running({ progress: { stage: 'recovery', since: ago(16 * DAY), waitsUntil: undefined } }) },
    [],
  ],
  [
    'a rotation that gives notice for days',
    { running: running({ progress: { stage: 'starting', since: ago(2 * DAY), waitsUntil: ago(0) } }) },
    [],
  ],
  [
    'a rotation that begins, and does not',
    { running: running({ progress: { stage: 'starting', since: ago(2 * DAY), waitsUntil: undefined } }) },
    ['rotation: wrong, stuck'],
  ],
])('%s', (...[, changes, expected]) => {
  expect(notFine(judgeUser(facts(changes), NOW))).toEqual(expected);
});

describe('the age of keys', () => {
  const at = (age: number, status = 'Active') =>
    notFine(
      judgeUser(
        facts({
          keys: { value: [key(NEW), key(OLD, age, status)] },
          running: running(),
          secret: { value: secret({ AWSCURRENT: versionOf(NEW), AWSPENDING: 'intent-1' }) },
        }),
        NOW,
      ),
    );

  test('is the sum of what the configuration promises, and a day', () => {
    // 75 days, 3 and a quarter of an hour until the schedule starts, 7 for consumers, 2.75 until the window opens, and one.
    const allowed = (75 + 3 + 7 + 2.75 + 1) * DAY + 0.25 * HOUR;
    expect(at(allowed - HOUR)).toEqual([]);
    expect(at(allowed + HOUR)).toEqual(['key-age: wrong, overdue']);
  });

  test('is more for a key that is Inactive and not yet deleted', () => {
    expect(at(100 * DAY, 'Inactive')).toEqual([]);
    expect(at(107 * DAY, 'Inactive')).toEqual(['key-age: wrong, overdue']);
  });
});

test('a longer setting of either side counts for a rotation that runs', () => {
  const [longer] = enrolledUsers([{ userName: 'alice', recoveryPeriod: 'P30D' }]);
  const progress = { stage: 'recovery', since: ago(25 * DAY), waitsUntil: undefined } as const;
  expect(notFine(judgeUser(facts({ running: running({ progress, settings: longer }) }), NOW))).toEqual([]);
  expect(notFine(judgeUser(facts({ running: running({ progress }) }), NOW))).toEqual([
    'rotation: wrong, stuck',
  ]);
});

test.each<[string, Partial<UserFacts>, readonly string[]]>([
  ['keys', { keys: { problem: NO } }, ['key-age', 'current', 'other-keys']],
  ['the secret', { secret: { problem: NO } }, ['current', 'rotation', 'other-keys', 'replicas']],
  ['who runs', { running: { problem: NO } }, ['rotation']],
  ['the schedule', { schedule: { problem: NO } }, ['schedule']],
])('without %s nothing that rests on it is fine', (...[, changes, checks]) => {
  expect(notFine(judgeUser(facts(changes), NOW))).toEqual(checks.map((check) => `${check}: unknown, unread`));
});

test('with nothing read at all, nothing is fine', () => {
  const problem = { problem: NO };
  const report = judgeUser(
    facts({ keys: problem, secret: problem, running: problem, schedule: problem, alarms: [] }),
    NOW,
  );
  expect(report.findings.map(({ verdict }) => verdict)).toEqual(report.findings.map(() => 'unknown'));
  expect([report.keys, report.onHold, report.rotation]).toEqual([undefined, undefined, { kind: 'unknown' }]);
});

test('what a key is there for is told of each', () => {
  const report = judgeUser(
    facts({
      keys: { value: [key(NEW), key(OLD), key(OTHER)] },
      running: running(),
      secret: { value: secret({ AWSCURRENT: versionOf(NEW), AWSPENDING: 'intent-1' }) },
    }),
    NOW,
  );
  expect(rolesIn(report)).toEqual(['current', 'rotation', 'unmanaged']);
});

test.each([
  [{ confirmed: 1, pending: [] }, 'fine'],
  [{ confirmed: 1, pending: ['email'] }, 'unconfirmed'],
  [{ confirmed: 0, pending: ['email'] }, 'nobody-subscribed'],
  [{ confirmed: 0, pending: [] }, 'nobody-subscribed'],
])('subscriptions %j: %s', (...[value, expected]) => {
  const finding = judgeSubscriptions({ value });
  expect(finding.verdict === 'wrong' ? finding.why.code : finding.verdict).toBe(expected);
});

test('what is told, looked at again, and urgent', () => {
  const judged = (changes: Partial<UserFacts>) => {
    const report = judgeUser(facts(changes), NOW);
    return [needsAttention(report), needsSecondLook(report), isUrgent(report)];
  };
  expect(judged({})).toEqual([false, false, false]);
  expect(judged({ secret: { value: secret({ AWSCURRENT: 'by-hand' }) } })).toEqual([false, false, false]);
  expect(judged({ keys: { value: [] } })).toEqual([true, true, true]);
  expect(judged({ keys: { value: [key(NEW, 99 * DAY)] } })).toEqual([true, false, false]);
  expect(judged({ schedule: { value: 'missing' } })).toEqual([true, false, false]);
  expect(judged({ schedule: { problem: NO } })).toEqual([true, false, false]);
});

test('no figure about ages is put where no age is known', () => {
  const users = [judgeUser(facts({ keys: { problem: NO } }), NOW)];
  const figures = figuresOf({ at: NOW, users, findings: [] });
  expect(figures.has(METRICS.oldestKeyAgeRatio)).toBe(false);
  expect(figures.has(METRICS.oldestKeyAgeDays)).toBe(false);
  expect([figures.get(METRICS.overdue), figures.get(METRICS.unknown)]).toEqual([0, 1]);
});

test('the figures of several users are counted once each, and ages are the greatest', () => {
  const users = [
    judgeUser(facts(), NOW),
    judgeUser(facts({ keys: { value: [key(NEW, 177.51 * DAY)] } }), NOW),
    judgeUser(facts({ keys: { value: [] } }), NOW),
    judgeUser(
      facts({
        secret: {
          value: secret({ AWSCURRENT: versionOf(NEW), 'rotation-held': 'intent-1' }, { pauseTag: '' }),
        },
      }),
      NOW,
    ),
    judgeUser(facts({ running: running() }), NOW),
  ];
  expect(Object.fromEntries(figuresOf({ at: NOW, users, findings: [] }))).toMatchObject({
    [METRICS.enrolled]: 5,
    [METRICS.overdue]: 1,
    [METRICS.drifted]: 1,
    [METRICS.onHold]: 1,
    [METRICS.paused]: 1,
    [METRICS.adoption]: 1,
    [METRICS.oldestKeyAgeRatio]: 2,
    [METRICS.oldestKeyAgeDays]: 177.51,
  });
});
