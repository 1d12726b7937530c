import {
  type AdoptionFacts,
  decideAdoption,
  decideUnenrolled,
  type ObjectionWhy,
} from '../../../lambdas/confirm-adoption/decide';
import type { LastUse } from '../../../lambdas/shared/gateways/iam-gateway';
import { EMERGENCY } from '../../../lambdas/shared/rotation/course';
import { judgeVerdict } from '../../../lambdas/shared/rotation/verdict';
import { adoptionFacts as facts, PAUSED, SILENT, UNWELL, used } from '../support/facts';
import { at, ENROLLED, holding, key, NEW, NOW, OLD } from '../support/fixtures';

describe('decideAdoption', () => {
  test.each<[string, Partial<AdoptionFacts>, string]>([
    ['old key quiet, new key in use', {}, 'adopted'],
    ['old key quiet for exactly the quiet period', { oldKeyUse: used(at(-3, 'd')) }, 'adopted'],
    [
      'old key used a second less long ago',
      { oldKeyUse: used(at(-3 * 86_400 + 1, 's')) },
      'wait-for-consumers',
    ],
    ['last use of the old key unknown', { oldKeyUse: undefined }, 'wait-for-consumers'],
    ['new key never used', { newKeyUse: used(undefined) }, 'wait-for-consumers'],
    ['last use of the new key unknown', { newKeyUse: undefined }, 'wait-for-consumers'],
    ['new key used only by our own test', { newKeyUse: used(at(-4, 'd')) }, 'wait-for-consumers'],
    [
      'new key used 15 minutes after our test',
      { newKeyUse: used(new Date(at(-4, 'd').getTime() + 900_000)) },
      'wait-for-consumers',
    ],
    [
      'new key used a second later than that',
      { newKeyUse: used(new Date(at(-4, 'd').getTime() + 901_000)) },
      'adopted',
    ],
    [
      'a successor that did not test: uses before its publication time do not count',
      { testedAt: undefined, publishedAt: at(-30, 'm') },
      'wait-for-consumers',
    ],
    [
      'old key idle for long before the rotation, new one unused',
      { oldKeyUse: used(at(-50, 'd')), newKeyUse: used(undefined) },
      'adopted',
    ],
    [
      'old key never used in all its 80 days, new one unused',
      { oldKeyUse: used(undefined), newKeyUse: used(undefined) },
      'adopted',
    ],
    [
      'young old key not seen in use, new one unused',
      {
        keys: [key(OLD, 'Active', at(-9, 'd')), key(NEW)],
        oldKeyUse: used(undefined),
        newKeyUse: used(undefined),
      },
      'wait-for-consumers',
    ],
    [
      'old key idle, but not for long enough',
      { oldKeyUse: used(at(-48, 'd')), newKeyUse: used(undefined) },
      'wait-for-consumers',
    ],
    ['health alarms in ALARM already', { health: UNWELL }, 'wait-for-consumers'],
    ['health alarms silent', { health: SILENT }, 'wait-for-consumers'],
    ['no old key', { oldAccessKeyId: null }, 'no-old-key'],
    ['old key deleted by somebody', { keys: [key(NEW)] }, 'no-old-key'],
    ['old key deactivated by somebody', { keys: [key(OLD, 'Inactive'), key(NEW)] }, 'adopted'],
    [
      'old key deactivated by somebody: there is nothing to wait for, whoever used it',
      { keys: [key(OLD, 'Inactive'), key(NEW)], oldKeyUse: used(at(-1, 'h')), newKeyUse: used(undefined) },
      'adopted',
    ],
    ['AWSCURRENT back on the old key', { current: holding(OLD) }, 'refuse'],
    ['new key deactivated', { keys: [key(OLD), key(NEW, 'Inactive')] }, 'refuse'],
    ['new key deleted', { keys: [key(OLD)] }, 'refuse'],
  ])('%s', (_case, overrides, kind) => {
    expect(decideAdoption(facts(overrides), NOW).kind).toBe(kind);
  });

  test('says what adoption is concluded from', () => {
    expect(decideAdoption(facts(), NOW)).toEqual({
      kind: 'adopted',
      why: {
        code: 'confirmed',
        ground: {
          code: 'moved',
          proof: { service: 's3', region: 'eu-west-1', at: at(-1, 'h').toISOString() },
          unseen: [],
        },
      },
    });
  });

  test.each(['Active', 'Inactive'])('says of a leaked key that it is %s', (status) => {
    const keys = [key(OLD, status), key(NEW)];
    expect(decideAdoption(facts({ course: EMERGENCY, keys }), NOW)).toEqual({
      kind: 'leaked',
      why: { code: 'leaked', old: key(OLD, status) },
    });
  });

  test.each<[string, Partial<AdoptionFacts>, object]>([
    ['there is no old key', { oldAccessKeyId: null }, { code: 'first-key' }],
    ['the old key was deleted', { keys: [key(NEW)] }, { code: 'old-key-deleted' }],
    [
      'the old key was deactivated',
      { keys: [key(OLD, 'Inactive'), key(NEW)] },
      { code: 'old-key-not-active', old: key(OLD, 'Inactive') },
    ],
    ['AWSCURRENT was changed', { current: holding(OLD) }, { code: 'new-key-changed' }],
    [
      'the old key was idle: nothing is to be seen of the new one',
      { oldKeyUse: used(undefined), newKeyUse: used(undefined) },
      { code: 'confirmed', ground: { code: 'moved', proof: undefined, unseen: [] } },
    ],
  ])('says why when %s', (_case, overrides, why) => {
    expect(decideAdoption(facts(overrides), NOW)).toMatchObject({ why });
  });

  test('waits for the window, and says until when', () => {
    const saturday = new Date('2026-03-07T10:00:00Z');
    const decision = decideAdoption(
      facts({ publishedAt: at(0, 'd'), oldKeyUse: used(at(0, 'd')), newKeyUse: used(saturday) }),
      saturday,
    );
    expect(decision).toMatchObject({ kind: 'wait-for-window', until: new Date('2026-03-09T09:00:00Z') });
  });

  test.each([
    [0, '2026-03-02T11:00:00.000Z'],
    [1, '2026-03-02T12:00:00.000Z'],
    [3, '2026-03-02T18:00:00.000Z'],
    [9, '2026-03-03T10:00:00.000Z'],
  ])('after %i checks, looks again at a growing interval of at most a day', (checks, until) => {
    const decision = decideAdoption(facts({ newKeyUse: used(undefined), checks }), NOW);
    expect(decision.kind === 'wait-for-consumers' && decision.until.toISOString()).toBe(until);
  });

  test.each<[string, string, object]>([
    ['P3D', 'is over', { kind: 'adopted' }],
    ['P5D', 'has become longer', { kind: 'wait-for-consumers', until: at(1, 'd') }],
  ])('an overlap period of %s, four days ago, %s', (overlapPeriod, _case, expected) => {
    const settings = { ...ENROLLED, overlapPeriod };
    const decision = decideAdoption(facts({ publishedAt: at(-4, 'd'), settings }), NOW);
    expect(decision).toMatchObject(expected);
    expect(decideAdoption(facts({ publishedAt: at(-4, 'd'), settings, course: EMERGENCY }), NOW).kind).toBe(
      'leaked',
    );
  });

  test('does not look again before the old key can be quiet', () => {
    const decision = decideAdoption(facts({ oldKeyUse: used(at(-2, 'd')) }), NOW);
    expect(decision).toMatchObject({ kind: 'wait-for-consumers', until: at(1, 'd') });
  });

  test('looks a last time at the deadline, then stops', () => {
    const slow = { oldKeyUse: used(at(-1, 'h')), checks: 9 };
    expect(decideAdoption(facts({ ...slow, publishedAt: at(-6.5, 'd') }), NOW)).toMatchObject({
      until: at(0.5, 'd'),
    });
    const decision = decideAdoption(facts({ ...slow, publishedAt: at(-7, 'd') }), NOW);
    expect(decision).toMatchObject({
      kind: 'refuse',
      error: 'AdoptionTimedOut',
      why: { code: 'timed-out' },
    });
  });

  test('at the deadline, an adopted key still goes on', () => {
    expect(decideAdoption(facts({ publishedAt: at(-8, 'd') }), NOW).kind).toBe('adopted');
  });

  const by = (date: Date, serviceName: string, region: string): LastUse => ({ date, serviceName, region });

  describe('what speaks against it is told, and told alike when the time is over', () => {
    const unmoved = (code: ObjectionWhy['code']) =>
      expect.objectContaining({ kind: 'unmoved', why: { code } });
    const unsafe = (code: ObjectionWhy['code']) => expect.objectContaining({ kind: 'unsafe', why: { code } });
    test.each<[string, Partial<AdoptionFacts>, readonly unknown[]]>([
      ['the old key is in use', { oldKeyUse: used(at(-1, 'h')) }, [unmoved('old-key-in-use')]],
      [
        'a consumer that only calls STS is a consumer',
        { oldKeyUse: by(at(-1, 'h'), 'sts', 'us-east-1') },
        [unmoved('old-key-in-use')],
      ],
      [
        'a use in the future, by the clock of IAM',
        { oldKeyUse: used(at(30, 's')) },
        [unmoved('old-key-in-use')],
      ],
      [
        'both that the old key is in use and that nobody uses the new one',
        { oldKeyUse: used(at(-1, 'h')), newKeyUse: used(undefined) },
        [unmoved('old-key-in-use'), unmoved('new-key-unused')],
      ],
      [
        'our own test was the last to use the new one',
        { newKeyUse: by(at(-4, 'd'), 'sts', 'us-east-1') },
        [unmoved('new-key-unused')],
      ],
      ['it is not known', { oldKeyUse: undefined }, [unsafe('use-of-old-key-unknown')]],
      [
        'it is known of neither key',
        { oldKeyUse: undefined, newKeyUse: undefined },
        [unsafe('use-of-old-key-unknown'), unsafe('use-of-new-key-unknown')],
      ],
      ['an alarm is on', { health: UNWELL }, [unsafe('alarms-not-ok')]],
    ])('%s', (_case, overrides, objections) => {
      expect(decideAdoption(facts(overrides), NOW)).toMatchObject({
        kind: 'wait-for-consumers',
        why: { code: 'not-yet', objections },
      });
      const late = decideAdoption(
        facts({ ...overrides, publishedAt: at(-7, 'd'), testedAt: at(-4, 'd') }),
        NOW,
      );
      expect(late).toMatchObject({
        error: 'AdoptionTimedOut',
        why: { code: 'timed-out', objections, hidden: false },
      });
    });
  });

  describe('last-used data is coarse and late', () => {
    test.each<[string, Partial<AdoptionFacts>, string]>([
      [
        'a consumer that only calls STS has moved when its call is later than our own test can be',
        {
          oldKeyUse: by(at(-4, 'd'), 'sts', 'us-east-1'),
          newKeyUse: by(at(-1, 'h'), 'sts', 'us-east-1'),
        },
        'adopted',
      ],
      [
        'a use of the new key that does not show yet is waited for',
        { newKeyUse: by(at(-4, 'd'), 'sts', 'us-east-1') },
        'wait-for-consumers',
      ],
      [
        'a use of the new key in the future, by the clock of IAM, is one of somebody else',
        { newKeyUse: by(at(30, 's'), 's3', 'eu-west-1') },
        'adopted',
      ],
      [
        'a key that was idle before the rotation, and is used again, is not quiet',
        { oldKeyUse: by(at(-1, 'h'), 's3', 'eu-west-1'), newKeyUse: used(undefined) },
        'wait-for-consumers',
      ],
    ])('%s', (_case, overrides, kind) => {
      expect(decideAdoption(facts(overrides), NOW).kind).toBe(kind);
    });
  });

  describe('when the owner has a validator', () => {
    const settings = { ...ENROLLED, validator: 'arn:aws:lambda:us-east-1:111122223333:function:v' };
    const yes = { kind: 'healthy', reason: 'all 3 pods' } as const;
    const no = { kind: 'unhealthy', reason: '403 from S3' } as const;
    const silent = judgeVerdict({ Error: 'States.Timeout' });
    const inUse = { oldKeyUse: used(at(-1, 'h')) };
    const goOn = { ...settings, onAdoptionDeadline: 'go-on' } as const;
    const saturday = new Date('2026-03-07T10:00:00Z');

    test.each<[string, Partial<AdoptionFacts>, string]>([
      ['everything else is clear: it is asked', {}, 'ask-validator'],
      ['in an emergency it is not asked', { course: EMERGENCY }, 'leaked'],
      ['something else is in the way: it is not asked', inUse, 'wait-for-consumers'],
      ['it says yes', { verdict: yes }, 'adopted'],
      ['it says no', { verdict: no }, 'wait-for-consumers'],
      ['it says nothing', { verdict: silent }, 'wait-for-consumers'],
      ['it says no at the deadline', { verdict: no, publishedAt: at(-7, 'd') }, 'refuse'],
      ['it says nothing at the deadline', { verdict: silent, publishedAt: at(-7, 'd') }, 'refuse'],
      [
        'its old yes does not help when something else is in the way',
        { ...inUse, verdict: yes },
        'wait-for-consumers',
      ],
      [
        'going on is possible: it is asked',
        { ...inUse, publishedAt: at(-7, 'd'), settings: goOn },
        'ask-validator',
      ],
      [
        'going on, it says yes',
        { ...inUse, publishedAt: at(-7, 'd'), settings: goOn, verdict: yes },
        'go-on',
      ],
      ['going on, it says no', { ...inUse, publishedAt: at(-7, 'd'), settings: goOn, verdict: no }, 'refuse'],
      [
        'going on, it says nothing',
        { ...inUse, publishedAt: at(-7, 'd'), settings: goOn, verdict: silent },
        'refuse',
      ],
      ['there is no old key', { oldAccessKeyId: null }, 'no-old-key'],
      ['the user is paused', { paused: PAUSED }, 'wait-for-consumers'],
    ])('%s', (_case, overrides, kind) => {
      expect(decideAdoption(facts({ settings, ...overrides }), NOW).kind).toBe(kind);
    });

    test.each([no, silent])('what it says is told beside what is overruled: $kind', (verdict) => {
      const decision = decideAdoption(
        facts({ ...inUse, publishedAt: at(-7, 'd'), settings: goOn, verdict }),
        NOW,
      );
      expect(decision).toMatchObject({
        why: {
          code: 'timed-out',
          objections: [
            { kind: 'unmoved', why: { code: 'old-key-in-use' } },
            { kind: 'unsafe', why: { code: 'validator-not-ok', verdict } },
          ],
        },
      });
    });

    test('a yes before the window opens is followed by another question', () => {
      const quiet = {
        oldKeyUse: used(at(0, 'd')),
        newKeyUse: used(at(4, 'd')),
        publishedAt: at(0, 'd'),
        settings,
      };
      expect(decideAdoption(facts({ ...quiet, verdict: yes }), saturday).kind).toBe('wait-for-window');
      expect(decideAdoption(facts(quiet), saturday).kind).toBe('ask-validator');
    });
  });

  describe('when the owner acknowledges deactivations', () => {
    const settings = { ...ENROLLED, acknowledgement: { deadline: 'P2DT0.5S' } };
    const given = { kind: 'given' } as const;
    const missing = { kind: 'missing', why: { code: 'refused', objection: 'NotNow' } } as const;
    const unanswered = { kind: 'missing', why: { code: 'unanswered' } } as const;
    const notAsked = {
      kind: 'missing',
      why: { code: 'not-asked', error: 'EventBridge.Throttling' },
    } as const;
    const inUse = { oldKeyUse: used(at(-1, 'h')) };
    const saturday = new Date('2026-03-07T10:00:00Z');

    test.each<[string, Partial<AdoptionFacts>, object]>([
      [
        'adoption is confirmed: the owner is asked, and has so long',
        {},
        {
          kind: 'ask-acknowledgement',
          seconds: 172_801,
          until: new Date(at(2, 'd').getTime() + 500),
          why: { code: 'owner-next', ground: { code: 'moved' } },
        },
      ],
      ['adoption is not confirmed: nobody is asked', inUse, { kind: 'wait-for-consumers' }],
      ['the owner agrees', { acknowledgement: given }, { kind: 'adopted' }],
      [
        'the owner refuses',
        { acknowledgement: missing },
        { kind: 'roll-back', error: 'NotAcknowledged', why: missing.why },
      ],
      [
        'the owner refuses during a pause',
        { acknowledgement: missing, paused: PAUSED },
        { kind: 'roll-back' },
      ],
      ['nobody answers', { acknowledgement: unanswered }, { kind: 'roll-back', why: unanswered.why }],
      ['nobody could be asked', { acknowledgement: notAsked }, { kind: 'roll-back', why: notAsked.why }],
      [
        'nobody answers during a pause: that is no refusal',
        { acknowledgement: unanswered, paused: PAUSED },
        { kind: 'wait-for-consumers' },
      ],
      [
        'nobody could be asked during a pause: that is no refusal',
        { acknowledgement: notAsked, paused: PAUSED },
        { kind: 'wait-for-consumers' },
      ],
      [
        'the owner refuses, and somebody has deactivated the old key meanwhile',
        { acknowledgement: missing, keys: [key(OLD, 'Inactive'), key(NEW)] },
        { kind: 'roll-back' },
      ],
      [
        'the owner agrees, but consumers are back',
        { ...inUse, acknowledgement: given },
        { kind: 'wait-for-consumers' },
      ],
      [
        'the owner agrees, but an alarm is on',
        { acknowledgement: given, health: UNWELL },
        { kind: 'wait-for-consumers' },
      ],
      [
        'going on after the deadline needs the owner, too, who is told who has not moved',
        { ...inUse, publishedAt: at(-7, 'd'), settings: { ...settings, onAdoptionDeadline: 'go-on' } },
        {
          kind: 'ask-acknowledgement',
          why: {
            code: 'owner-next',
            ground: { code: 'go-on', overruled: [{ kind: 'unmoved', why: { code: 'old-key-in-use' } }] },
          },
        },
      ],
      [
        'the validator is asked first',
        { settings: { ...settings, validator: 'arn:aws:lambda:us-east-1:111122223333:function:v' } },
        { kind: 'ask-validator' },
      ],
      ['there is no old key', { oldAccessKeyId: null }, { kind: 'no-old-key' }],
      ['in an emergency nobody is asked', { course: EMERGENCY }, { kind: 'leaked' }],
      ['the user is paused', { paused: PAUSED }, { kind: 'wait-for-consumers' }],
    ])('%s', (_case, overrides, expected) => {
      expect(decideAdoption(facts({ settings, ...overrides }), NOW)).toMatchObject(expected);
    });

    test('the owner is asked while the window is closed, and not again when it opens', () => {
      const quiet = {
        oldKeyUse: used(at(0, 'd')),
        newKeyUse: used(at(4, 'd')),
        publishedAt: at(0, 'd'),
        settings,
      };
      expect(decideAdoption(facts(quiet), saturday).kind).toBe('ask-acknowledgement');
      expect(decideAdoption(facts({ ...quiet, acknowledgement: given }), saturday).kind).toBe(
        'wait-for-window',
      );
    });
  });

  describe('while the user is paused', () => {
    const paused = PAUSED;
    test.each<[string, Partial<AdoptionFacts>]>([
      ['consumers have moved', {}],
      ['they have not', { oldKeyUse: used(at(-1, 'h')) }],
      ['the deadline is over', { oldKeyUse: used(at(-1, 'h')), publishedAt: at(-30, 'd') }],
      [
        'the deadline is over, and the owner wants to go on',
        {
          oldKeyUse: used(at(-1, 'h')),
          publishedAt: at(-30, 'd'),
          settings: { ...ENROLLED, onAdoptionDeadline: 'go-on' },
        },
      ],
      ['somebody has deactivated the old key', { keys: [key(OLD, 'Inactive'), key(NEW)] }],
      ['the alarms are on', { health: UNWELL }],
    ])('it waits, and says so: %s', (_case, overrides) => {
      expect(decideAdoption(facts({ ...overrides, paused }), NOW)).toMatchObject({
        kind: 'wait-for-consumers',
        until: at(1, 'h'),
        why: { code: 'paused' },
      });
    });

    test('it looks again at the growing interval, at most a day later', () => {
      expect(decideAdoption(facts({ paused, checks: 30 }), NOW)).toMatchObject({ until: at(1, 'd') });
    });

    test.each<[string, Partial<AdoptionFacts>, string]>([
      ['a drift is told', { current: holding(OLD) }, 'refuse'],
      ['an emergency goes on', { course: EMERGENCY }, 'leaked'],
      ['a rotation without an old key goes on', { oldAccessKeyId: null }, 'no-old-key'],
    ])('%s', (_case, overrides, kind) => {
      expect(decideAdoption(facts({ ...overrides, paused }), NOW).kind).toBe(kind);
    });

    test('afterwards the deadline counts from the last check that found the user paused', () => {
      const slow = { oldKeyUse: used(at(-1, 'h')), publishedAt: at(-30, 'd'), checks: 9 };
      const resumed = (days: number) =>
        decideAdoption(facts({ ...slow, pausedAt: at(-days, 'd') }), NOW).kind;
      expect([resumed(6.9), resumed(7)]).toEqual(['wait-for-consumers', 'refuse']);
    });
  });

  describe('when the owner wants to go on after the deadline', () => {
    const goOn = { ...ENROLLED, onAdoptionDeadline: 'go-on' } as const;
    const inUse = { oldKeyUse: by(at(-1, 'h'), 's3', 'eu-west-1'), settings: goOn };
    const late = { ...inUse, publishedAt: at(-7, 'd') };
    const saturday = new Date('2026-03-07T10:00:00Z');

    test.each<[string, Partial<AdoptionFacts>, string]>([
      ['the old key is in use', late, 'go-on'],
      [
        'nobody uses the new one',
        { ...late, oldKeyUse: used(undefined), newKeyUse: used(undefined) },
        'adopted',
      ],
      [
        'nobody uses the new one, and the old one was used before',
        { ...late, oldKeyUse: used(at(-5, 'd')), newKeyUse: used(undefined) },
        'go-on',
      ],
      [
        'the deadline is a second away',
        { ...late, publishedAt: at(-7 * 86_400 + 1, 's') },
        'wait-for-consumers',
      ],
      ['consumers have moved', { ...late, oldKeyUse: used(at(-4, 'd')) }, 'adopted'],
      ['it is not known who uses the old key', { ...late, oldKeyUse: undefined }, 'refuse'],
      ['it is not known who uses the new key', { ...late, newKeyUse: undefined }, 'refuse'],
      ['an alarm is on', { ...late, health: UNWELL }, 'refuse'],
      ['an alarm is silent', { ...late, health: SILENT }, 'refuse'],
      ['the new key is not Active', { ...late, keys: [key(OLD), key(NEW, 'Inactive')] }, 'refuse'],
      ['the owner has not said so', { ...late, settings: ENROLLED }, 'refuse'],
    ])('and %s', (_case, overrides, kind) => {
      expect(decideAdoption(facts(overrides), NOW).kind).toBe(kind);
    });

    const ground = { code: 'go-on', overruled: [{ kind: 'unmoved', why: { code: 'old-key-in-use' } }] };

    test('what is overruled is told', () => {
      expect(decideAdoption(facts(late), NOW)).toMatchObject({ why: { code: 'confirmed', ground } });
    });

    test('the window is waited for all the same', () => {
      expect(
        decideAdoption(facts({ ...inUse, oldKeyUse: used(saturday), publishedAt: at(-7, 'd') }), saturday),
      ).toMatchObject({ kind: 'wait-for-window', why: { code: 'window-closed', ground } });
    });
  });
});

describe('ahead of a deactivation', () => {
  const settings = { ...ENROLLED, noticeBefore: 'P2D', deactivationWindow: 'always' } as const;
  /** Published so long ago, in seconds, and nothing else in the way. */
  const after = (seconds: number, overrides: Partial<AdoptionFacts> = {}) =>
    decideAdoption(
      facts({ settings, publishedAt: at(-seconds, 's'), testedAt: undefined, ...overrides }),
      NOW,
    );
  const DAY = 86_400;

  test.each<[string, number, Partial<AdoptionFacts>, object]>([
    [
      'two days before the overlap period is over',
      DAY,
      {},
      { kind: 'notice', until: at(2, 'd'), why: { earliest: at(2, 'd') } },
    ],
    ['a clock that is five minutes behind', DAY - 300, {}, { kind: 'notice', until: at(2 * DAY + 300, 's') }],
    [
      'a second more: people are told later',
      DAY - 301,
      { settings: { ...settings, adoptionCheckInterval: 'PT1M' } },
      { kind: 'wait-for-consumers', until: at(301, 's'), why: { code: 'not-yet' } },
    ],
    ['later than that', 2 * DAY, {}, { kind: 'notice', until: at(2, 'd') }],
    ['after the deadline', 30 * DAY, {}, { kind: 'notice', until: at(2, 'd') }],
    [
      'an overlap period that is shorter',
      0,
      { settings: { ...settings, overlapPeriod: 'PT65M' } },
      { kind: 'notice', until: at(2, 'd') },
    ],
    [
      'an overlap period that is longer than it was',
      2 * DAY,
      { settings: { ...settings, overlapPeriod: 'P9D', adoptionDeadline: 'P20D' } },
      { kind: 'wait-for-consumers', until: at(5, 'd') },
    ],
    [
      'a window that is closed then',
      DAY,
      { settings: { ...settings, deactivationWindow: { days: ['FRI'], from: '09:00', to: '16:00' } } },
      { kind: 'notice', until: at(2, 'd'), why: { earliest: new Date('2026-03-06T09:00:00Z') } },
    ],
    ['consumers that have not moved', DAY, { oldKeyUse: used(NOW) }, { kind: 'notice' }],
    ['alarms that are not OK', DAY, { health: UNWELL }, { kind: 'notice' }],
    [
      'a validator: it is asked after that',
      DAY,
      { settings: { ...settings, validator: 'arn' } },
      { kind: 'notice' },
    ],
    ['told already', 4 * DAY, { noticedAt: at(-2, 'd') }, { kind: 'adopted' }],
    [
      'told a second less long ago',
      4 * DAY,
      { noticedAt: at(-2 * DAY + 1, 's') },
      {
        kind: 'wait-for-consumers',
        why: { objections: [{ kind: 'unsafe', why: { code: 'in-notice' }, until: at(1, 's') }] },
      },
    ],
    [
      'told late, and the deadline is over: people have as long as they were told',
      8 * DAY,
      { noticedAt: at(-1, 'd'), oldKeyUse: used(NOW) },
      { kind: 'wait-for-consumers', until: at(1, 'd') },
    ],
    [
      'told late, and that is over, too',
      10 * DAY,
      { noticedAt: at(-2, 'd'), oldKeyUse: used(NOW) },
      { kind: 'refuse', error: 'AdoptionTimedOut' },
    ],
    [
      'the owner wants to go on after the deadline: not before people have had their time',
      8 * DAY,
      { noticedAt: at(-1, 'd'), settings: { ...settings, onAdoptionDeadline: 'go-on' } },
      { kind: 'wait-for-consumers' },
    ],
    ['no notice', 4 * DAY, { settings: { ...settings, noticeBefore: 'PT0S' } }, { kind: 'adopted' }],
    ['an earlier definition', 4 * DAY, { knowsNotice: false }, { kind: 'adopted' }],
    ['an emergency', 0, { course: EMERGENCY }, { kind: 'leaked' }],
    ['a pause', DAY, { paused: PAUSED }, { kind: 'wait-for-consumers', why: { code: 'paused' } }],
    ['no old key', DAY, { oldAccessKeyId: null }, { kind: 'no-old-key' }],
    ['an old key that is Inactive', DAY, { keys: [key(OLD, 'Inactive'), key(NEW)] }, { kind: 'adopted' }],
    ['a new key that was changed', DAY, { current: holding(OLD) }, { kind: 'refuse', error: 'StateDrift' }],
  ])('%s', (_case, seconds, overrides, expected) => {
    expect(after(seconds, overrides)).toMatchObject(expected);
  });
});

describe('decideUnenrolled', () => {
  const unenrolled = {
    userName: 'alice',
    pausedAt: undefined,
    noticedAt: undefined,
    checks: 0,
    settings: ENROLLED,
  };

  test.each<[string, Date, Date | undefined, object]>([
    [
      'the next check looks again',
      at(-1, 'd'),
      undefined,
      { kind: 'wait-for-consumers', until: at(1, 'h'), why: { code: 'waits' } },
    ],
    [
      'the last one at the deadline',
      at(-7 * 86_400 + 60, 's'),
      undefined,
      { kind: 'wait-for-consumers', until: at(1, 'm') },
    ],
    [
      'which ends the rotation',
      at(-7, 'd'),
      undefined,
      { kind: 'refuse', error: 'UserNotEnrolled', why: { code: 'deadline-passed' } },
    ],
    ['which counts from a pause', at(-7, 'd'), at(-1, 'd'), { kind: 'wait-for-consumers' }],
  ])('%s', (_case, publishedAt, pausedAt, expected) => {
    expect(decideUnenrolled({ ...unenrolled, publishedAt, pausedAt }, NOW)).toMatchObject(expected);
  });
});
