import { decideHealth, decideUnenrolled, type HealthFacts } from '../../../lambdas/confirm-health/decide';
import { judgeHealth } from '../../../lambdas/shared/findings/health';
import { EMERGENCY } from '../../../lambdas/shared/rotation/course';
import { judgeVerdict } from '../../../lambdas/shared/rotation/verdict';
import { healthFacts as facts, GONE, PAUSED, SILENT, UNWELL } from '../support/facts';
import { at, ENROLLED, holding, key, NEW, NOW, OLD } from '../support/fixtures';

const overdue = { deactivatedAt: at(-14, 'd') };
const brokenAlarm = { code: 'alarm', silence: { name: 'errors', code: 'missing', lasting: true } };
const brokenValidator = { code: 'validator', error: 'Lambda.ResourceNotFoundException' };

describe('decideHealth', () => {
  test.each<[string, Partial<HealthFacts>, object]>([
    ['all is well', {}, { kind: 'check-again' }],
    ['all is well at the end', overdue, { kind: 'recovered', why: { code: 'recovered' } }],
    ['the period is over in a second', { deactivatedAt: at(-14 * 86_400 + 1, 's') }, { kind: 'check-again' }],
    [
      'an alarm is on',
      { health: UNWELL },
      { kind: 'roll-back', error: 'ConsumersUnhealthy', why: { code: 'alarms-unhealthy' } },
    ],
    ['an alarm is on at the end', { ...overdue, health: UNWELL }, { kind: 'roll-back' }],
    [
      'nothing can be read',
      { health: SILENT },
      { kind: 'check-again', why: { code: 'in-recovery-period' }, mend: [] },
    ],
    [
      'nothing can be read at the end: an answer that got lost bothers nobody',
      { ...overdue, health: SILENT },
      { kind: 'check-again', why: { code: 'verdict-overdue' }, mend: [] },
    ],
    [
      'nothing can be read two days after the end: never good enough to delete',
      { deactivatedAt: at(-16, 'd'), health: SILENT },
      { kind: 'refuse', error: 'ConsumersUnhealthy', why: { code: 'never-certain' } },
    ],
    [
      'an alarm is gone: a person hears of it at once',
      { health: GONE },
      { kind: 'check-again', why: { code: 'in-recovery-period' }, mend: [brokenAlarm] },
    ],
    [
      'an alarm is gone, in a pause',
      { health: GONE, paused: PAUSED },
      { kind: 'check-again', why: { code: 'paused' }, mend: [brokenAlarm] },
    ],
    [
      'somebody has reactivated the old key',
      { keys: [key(OLD), key(NEW)] },
      { kind: 'roll-back', error: 'StateDrift', why: { code: 'old-key-active-again' } },
    ],
    [
      'somebody has deactivated the new key',
      { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] },
      { kind: 'roll-back', error: 'StateDrift', why: { code: 'new-key-changed' } },
    ],
    ['somebody has deleted the new key', { keys: [key(OLD, 'Inactive')] }, { kind: 'roll-back' }],
    [
      'an owner has put the Inactive old key back under AWSCURRENT',
      { current: holding(OLD) },
      { kind: 'roll-back', error: 'StateDrift', why: { code: 'new-key-changed' } },
    ],
    ['drift is found at the end', { ...overdue, current: holding(OLD) }, { kind: 'roll-back' }],
    [
      'somebody has deleted the old key',
      { keys: [key(NEW)] },
      { kind: 'recovered', why: { code: 'no-old-key' } },
    ],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideHealth(facts(overrides), NOW)).toMatchObject(expected);
  });

  describe('when the owner has a validator', () => {
    const settings = { ...ENROLLED, validator: 'arn:aws:lambda:us-east-1:111122223333:function:v' };
    const yes = { kind: 'healthy', reason: 'all 3 pods' } as const;
    const no = { kind: 'unhealthy', reason: '403 from S3' } as const;
    const silent = judgeVerdict({ Error: 'States.Timeout' });
    const gone = judgeVerdict({ Error: 'Lambda.ResourceNotFoundException' });
    const paused = PAUSED;

    test.each<[string, Partial<HealthFacts>, object]>([
      ['it is asked at each check', {}, { kind: 'ask-validator', why: { code: 'validator-next' } }],
      ['it is asked at the last check', overdue, { kind: 'ask-validator' }],
      ['it is asked during a pause', { paused }, { kind: 'ask-validator' }],
      ['it is not asked when an alarm is on', { health: UNWELL }, { kind: 'roll-back' }],
      [
        'it is not asked in an emergency: a leaked key is not brought back',
        { course: EMERGENCY },
        { kind: 'check-again' },
      ],
      ['it is asked when alarms cannot be read', { health: SILENT }, { kind: 'ask-validator' }],
      [
        'it says yes',
        { verdict: yes },
        { kind: 'check-again', why: { code: 'in-recovery-period' }, mend: [] },
      ],
      ['it says yes at the end', { ...overdue, verdict: yes }, { kind: 'recovered' }],
      [
        'it says no',
        { verdict: no },
        {
          kind: 'roll-back',
          error: 'ConsumersUnhealthy',
          why: { code: 'validator-unhealthy', verdict: no },
        },
      ],
      ['it says no at the end', { ...overdue, verdict: no }, { kind: 'roll-back' }],
      ['it says no during a pause', { paused, verdict: no }, { kind: 'roll-back' }],
      ['it says no while alarms cannot be read', { health: SILENT, verdict: no }, { kind: 'roll-back' }],
      ['it says nothing', { verdict: silent }, { kind: 'check-again', why: { code: 'in-recovery-period' } }],
      [
        'it says nothing at the end: the old key is kept',
        { ...overdue, verdict: silent },
        { kind: 'check-again', until: at(0.5, 'h'), why: { code: 'verdict-overdue' } },
      ],
      [
        'it says nothing two days later',
        { deactivatedAt: at(-16, 'd'), verdict: silent },
        { kind: 'refuse', error: 'ConsumersUnhealthy', why: { code: 'never-certain' } },
      ],
      ['it says yes two days later', { deactivatedAt: at(-16, 'd'), verdict: yes }, { kind: 'recovered' }],
      [
        'its yes does not speak for alarms that cannot be read',
        { ...overdue, health: SILENT, verdict: yes },
        { kind: 'check-again' },
      ],
      [
        'its yes does not speak for them two days later either',
        { deactivatedAt: at(-16, 'd'), health: SILENT, verdict: yes },
        { kind: 'refuse' },
      ],
      [
        'it is gone: a person hears of it',
        { verdict: gone },
        { kind: 'check-again', mend: [brokenValidator] },
      ],
      ['it does not answer once: nobody hears of it', { verdict: silent }, { kind: 'check-again', mend: [] }],
      ['there is no old key any more', { keys: [key(NEW)] }, { kind: 'recovered' }],
    ])('%s', (_case, overrides, expected) => {
      expect(decideHealth(facts({ settings, ...overrides }), NOW)).toMatchObject(expected);
    });

    test('the last question is asked two days after the period, not later', () => {
      const decision = decideHealth(
        facts({ settings, deactivatedAt: at(-15.9, 'd'), verdict: silent, checks: 20 }),
        NOW,
      );
      expect(decision).toMatchObject({ kind: 'check-again', until: at(0.1, 'd') });
    });
  });

  describe('in an emergency nothing brings the leaked key back', () => {
    const drift = { kind: 'refuse', error: 'StateDrift', why: { code: 'emergency-changed' } };
    test.each<[string, Partial<HealthFacts>, object]>([
      ['all is well', {}, { kind: 'check-again' }],
      ['all is well at the end', overdue, { kind: 'recovered' }],
      ['an alarm is on', { health: UNWELL }, { kind: 'check-again', why: { code: 'in-recovery-period' } }],
      [
        'an alarm is on at the end: the key is not deleted either',
        { ...overdue, health: UNWELL },
        { kind: 'refuse', error: 'ConsumersUnhealthy' },
      ],
      [
        'a validator that is asked no more had said no',
        { verdict: { kind: 'unhealthy', reason: '403 from S3' } },
        { kind: 'check-again' },
      ],
      ['somebody has set it Active again', { keys: [key(OLD), key(NEW)] }, drift],
      ['an owner has put it back under AWSCURRENT', { current: holding(OLD) }, drift],
      ['somebody has deactivated the new key', { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] }, drift],
      ['somebody has deleted the new key', { keys: [key(OLD, 'Inactive')] }, drift],
      ['it is gone', { keys: [key(NEW)] }, { kind: 'recovered' }],
    ])('when %s', (_case, overrides, expected) => {
      expect(decideHealth(facts({ ...overrides, course: EMERGENCY }), NOW)).toMatchObject(expected);
    });
  });

  describe('while the user is paused', () => {
    const paused = PAUSED;
    test.each<[string, Partial<HealthFacts>, object]>([
      ['all is well', {}, { kind: 'check-again', why: { code: 'paused' }, mend: [] }],
      ['all is well at the end', overdue, { kind: 'check-again' }],
      ['nothing can be read at the end', { ...overdue, health: SILENT }, { kind: 'check-again' }],
      [
        'somebody has deleted the old key',
        { keys: [key(NEW)] },
        { kind: 'check-again', why: { code: 'paused-without-old-key' }, mend: [] },
      ],
      ['an alarm is on', { health: UNWELL }, { kind: 'roll-back' }],
      ['an alarm is on at the end', { ...overdue, health: UNWELL }, { kind: 'roll-back' }],
      [
        'somebody has deactivated the new key',
        { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] },
        { kind: 'roll-back' },
      ],
    ])('%s', (_case, overrides, expected) => {
      expect(decideHealth(facts({ ...overrides, paused }), NOW)).toMatchObject(expected);
    });

    test('it looks again at least daily, also after the recovery period', () => {
      const decision = decideHealth(facts({ ...overdue, paused, checks: 30 }), NOW);
      expect(decision).toMatchObject({ until: at(1, 'd') });
    });
  });

  test.each([
    [0, '2026-03-02T10:30:00.000Z'],
    [1, '2026-03-02T11:00:00.000Z'],
    [20, '2026-03-03T10:00:00.000Z'],
  ])('after %i checks, the next comes after twice the time, at most a day later', (checks, until) => {
    const decision = decideHealth(facts({ checks }), NOW);
    expect(decision.kind === 'check-again' && decision.until.toISOString()).toBe(until);
  });

  test('the last check is at the end of the recovery period, not later', () => {
    const decision = decideHealth(facts({ deactivatedAt: at(-13.9, 'd'), checks: 20 }), NOW);
    expect(decision).toMatchObject({ kind: 'check-again', until: at(0.1, 'd') });
  });
});

describe('decideUnenrolled', () => {
  const facts = { userName: 'alice', checks: 0, settings: ENROLLED };

  test.each<[string, Date, object]>([
    [
      'the watch goes on, and a person hears of it',
      at(-1, 'd'),
      {
        kind: 'check-again',
        why: { code: 'watch-goes-on', watchEnds: at(15, 'd') },
        mend: [{ code: 'enrolment' }],
      },
    ],
    ['also right after the recovery period', at(-14, 'd'), { kind: 'check-again' }],
    [
      'two days later it ends, and nothing is deleted',
      at(-16, 'd'),
      { kind: 'refuse', error: 'UserNotEnrolled', why: { code: 'watch-is-over' } },
    ],
  ])('%s', (_case, deactivatedAt, expected) => {
    expect(decideUnenrolled({ ...facts, deactivatedAt }, NOW)).toMatchObject(expected);
  });
});

describe('what a person has to mend', () => {
  const missing = { name: 'errors', state: 'missing' } as const;
  const silent = { name: 'latency', state: 'INSUFFICIENT_DATA' } as const;
  const lost = (cause: string) => judgeVerdict({ Error: 'Lambda.AccessDeniedException', Cause: cause });
  const settings = { ...ENROLLED, validator: 'arn:aws:lambda:us-east-1:111122223333:function:check' };
  const mend = (overrides: Partial<HealthFacts>): unknown => {
    const decision = decideHealth(facts({ settings, ...overrides }), NOW);
    return 'mend' in decision ? decision.mend : decision.kind;
  };
  const lostValidator = { code: 'validator', error: 'Lambda.AccessDeniedException' };

  test.each<[string, Partial<HealthFacts>, readonly object[]]>([
    ['nothing', { verdict: judgeVerdict({ answer: { healthy: true } }) }, []],
    [
      'an alarm and the validator',
      { health: judgeHealth([missing]), verdict: lost('') },
      [brokenAlarm, lostValidator],
    ],
    [
      'two alarms',
      { health: judgeHealth([missing, { ...missing, name: 'queue' }]), settings: ENROLLED },
      [brokenAlarm, { code: 'alarm', silence: { name: 'queue', code: 'missing', lasting: true } }],
    ],
  ])('is told: %s', (_what, overrides, expected) => {
    expect(mend(overrides)).toEqual(expected);
  });

  test.each<[string, Partial<HealthFacts>, Partial<HealthFacts>]>([
    [
      'another alarm says nothing for a while',
      { health: judgeHealth([missing]), settings: ENROLLED },
      { health: judgeHealth([missing, silent]), settings: ENROLLED },
    ],
    [
      'AWS names another request each time',
      { verdict: lost('not authorized (Request ID: 1)') },
      { verdict: lost('not authorized (Request ID: 2)') },
    ],
    ['it is checked once more', { verdict: lost('no'), checks: 1 }, { verdict: lost('no'), checks: 2 }],
  ])('is the same when %s: a person hears of it once', (_when, one, other) => {
    expect(mend(other)).toEqual(mend(one));
  });
});
