import { decideHealth, type HealthFacts } from '../../../lambdas/confirm-health/decide';
import { at, ENROLLED, holding, key, NEW, NOW, OLD } from '../support/fixtures';

const unknown = { kind: 'unknown', reason: 'no verdict from errors (INSUFFICIENT_DATA)' } as const;
const unhealthy = { kind: 'unhealthy', reason: 'in ALARM: errors' } as const;

const facts = (overrides: Partial<HealthFacts> = {}): HealthFacts => ({
  emergency: false,
  oldAccessKeyId: OLD,
  newAccessKeyId: NEW,
  keys: [key(OLD, 'Inactive'), key(NEW)],
  current: holding(NEW),
  health: { kind: 'healthy', reason: 'OK: errors' },
  paused: undefined,
  deactivatedAt: at(-15, 'm'),
  checks: 0,
  settings: ENROLLED,
  ...overrides,
});
const overdue = { deactivatedAt: at(-14, 'd') };

describe('decideHealth', () => {
  test.each<[string, Partial<HealthFacts>, object]>([
    ['all is well', {}, { kind: 'check-again' }],
    ['all is well at the end', overdue, { kind: 'recovered' }],
    ['the period is over in a second', { deactivatedAt: at(-14 * 86_400 + 1, 's') }, { kind: 'check-again' }],
    [
      'an alarm is on',
      { health: unhealthy },
      { kind: 'roll-back', rollback: { error: 'ConsumersUnhealthy' } },
    ],
    ['an alarm is on at the end', { ...overdue, health: unhealthy }, { kind: 'roll-back' }],
    ['nothing can be read', { health: unknown }, { kind: 'check-again' }],
    [
      'nothing can be read at the end: never good enough to delete',
      { ...overdue, health: unknown },
      { kind: 'refuse', error: 'ConsumersUnhealthy' },
    ],
    [
      'somebody has reactivated the old key',
      { keys: [key(OLD), key(NEW)] },
      { kind: 'roll-back', rollback: { error: 'StateDrift' } },
    ],
    [
      'somebody has deactivated the new key',
      { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] },
      { kind: 'roll-back', rollback: { error: 'StateDrift' } },
    ],
    ['somebody has deleted the new key', { keys: [key(OLD, 'Inactive')] }, { kind: 'roll-back' }],
    [
      'an owner has put the Inactive old key back under AWSCURRENT',
      { current: holding(OLD) },
      { kind: 'roll-back', rollback: { error: 'StateDrift' } },
    ],
    ['drift is found at the end', { ...overdue, current: holding(OLD) }, { kind: 'roll-back' }],
    ['somebody has deleted the old key', { keys: [key(NEW)] }, { kind: 'recovered' }],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideHealth(facts(overrides), NOW)).toMatchObject(expected);
  });

  describe('while the user is paused', () => {
    const paused = 'paused by the configuration (freeze)';
    test.each<[string, Partial<HealthFacts>, object]>([
      [
        'all is well',
        {},
        { kind: 'check-again', reason: expect.stringMatching(/paused .*\(freeze\).*kept/) },
      ],
      ['all is well at the end', overdue, { kind: 'check-again' }],
      ['nothing can be read at the end', { ...overdue, health: unknown }, { kind: 'check-again' }],
      ['somebody has deleted the old key', { keys: [key(NEW)] }, { kind: 'check-again' }],
      ['an alarm is on', { health: unhealthy }, { kind: 'roll-back' }],
      ['an alarm is on at the end', { ...overdue, health: unhealthy }, { kind: 'roll-back' }],
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
