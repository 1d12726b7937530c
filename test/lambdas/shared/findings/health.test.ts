import {
  historyFor,
  judgeHealth,
  type Watch,
  watchAfterDeactivation,
  watchBeforeDeactivation,
} from '../../../../lambdas/shared/findings/health';
import type { AlarmReading } from '../../../../lambdas/shared/gateways/alarm-gateway';
import { at, ENROLLED, NOW, OLD, ROTATION } from '../../support/fixtures';

const alarm = (name: string, state: Exclude<AlarmReading['state'], 'unreadable'>): AlarmReading => ({
  name,
  state,
});

describe('judgeHealth', () => {
  test.each<[string, readonly AlarmReading[], object]>([
    ['no alarm', [], { kind: 'healthy', alarms: [] }],
    ['all OK', [alarm('a', 'OK'), alarm('b', 'OK')], { kind: 'healthy', alarms: ['a', 'b'] }],
    [
      'one in ALARM',
      [alarm('a', 'OK'), alarm('b', 'ALARM')],
      { kind: 'unhealthy', alarming: ['b'], recovered: [], since: undefined },
    ],
    [
      'one in ALARM, one silent',
      [alarm('a', 'INSUFFICIENT_DATA'), alarm('b', 'ALARM')],
      { kind: 'unhealthy' },
    ],
    [
      'one without data',
      [alarm('a', 'INSUFFICIENT_DATA'), alarm('b', 'OK')],
      {
        kind: 'unknown',
        silent: [{ name: 'a', code: 'insufficient-data', lasting: false }],
        lasting: false,
      },
    ],
    [
      'one without data, one that does not exist: it stays so',
      [alarm('a', 'INSUFFICIENT_DATA'), alarm('b', 'missing')],
      {
        kind: 'unknown',
        silent: [
          { name: 'a', code: 'insufficient-data', lasting: false },
          { name: 'b', code: 'missing', lasting: true },
        ],
        lasting: true,
      },
    ],
    [
      'one that does not exist',
      [alarm('a', 'missing')],
      { kind: 'unknown', silent: [{ name: 'a', code: 'missing', lasting: true }], lasting: true },
    ],
  ])('%s', (_case, readings, expected) => {
    expect(judgeHealth(readings)).toMatchObject(expected);
  });
});

describe('judgeHealth, of a watch', () => {
  const watch: Watch = { since: at(-12, 'd'), habitUntil: at(-12, 'd'), now: NOW };
  const days = (...ago: readonly number[]) => ago.map((day) => at(-day, 'd'));
  const ok = (wentOffAt: readonly Date[], unclearAt: readonly Date[] = []): AlarmReading => ({
    name: 'errors',
    state: 'OK',
    history: { wentOffAt, unclearAt },
  });
  const kindOf = (reading: AlarmReading, during = watch) => judgeHealth([reading], during).kind;
  const nightly = (from: number, to: number) =>
    Array.from({ length: from - to + 1 }, (_none, index) => from - index - 0.25);

  test.each<[string, readonly number[], string]>([
    ['nothing happened', [], 'healthy'],
    ['it went off once, and recovered', [3], 'unhealthy'],
    ['it went off each night, and recovered', nightly(12, 1), 'unhealthy'],
    ['it went off before the watch only', [12.5], 'healthy'],
    ['it goes off every night, and always did', [...nightly(26, 13), ...nightly(12, 1)], 'healthy'],
    ['it goes off every three days, and always did', [24, 21, 18, 15, 11.9, 9, 6, 3], 'healthy'],
    ['it went off once before, and twice since', [20, 6, 3], 'unhealthy'],
    ['it went off twice within a week before', [20, 14, 6, 3], 'healthy'],
    ['it went off twice before, but not within a week', [25.9, 12.1, 6, 3], 'unhealthy'],
  ])('%s', (_case, ago, expected) => {
    expect(kindOf(ok(days(...ago)))).toBe(expected);
  });

  test.each([0.1, 0.5, 1, 1.3, 2, 6.4, 14])(
    'an alarm that goes off every night is in order at each check: after %s days',
    (length) => {
      const since = at(-length, 'd');
      const nights = days(...Array.from({ length: 30 }, (_none, night) => 29.3 - night));
      expect(kindOf(ok(nights), { since, habitUntil: since, now: NOW })).toBe('healthy');
    },
  );

  test.each([8, 16, 20, 24, 27])(
    'nor does it undo a rotation that began %s days ago, though CloudWatch forgets its habits',
    (began) => {
      const during = { since: at(-began + 7, 'd'), habitUntil: at(-began, 'd'), now: NOW };
      const nights = days(...Array.from({ length: 30 }, (_none, night) => 29.3 - night));
      expect(kindOf(ok(nights), during)).toBe('healthy');
    },
  );

  test('of a rotation as old as what CloudWatch keeps, no habit is known', () => {
    const during = { since: at(-20, 'd'), habitUntil: at(-31, 'd'), now: NOW };
    expect(kindOf(ok(days(3)), during)).toBe('unhealthy');
  });

  test('what was between the habit and the watch is neither', () => {
    const between = { since: at(-3, 'd'), habitUntil: at(-9, 'd'), now: NOW };
    expect(kindOf(ok(days(5)), between)).toBe('healthy');
    expect(kindOf(ok(days(5, 1)), between)).toBe('unhealthy');
  });

  test('a change that cannot be understood is no verdict, unless it is from before', () => {
    expect(judgeHealth([ok([], [at(-1, 'd')])], watch)).toEqual({
      kind: 'unknown',
      silent: [{ name: 'errors', code: 'unclear-history', lasting: true }],
      lasting: true,
    });
    expect(kindOf(ok([], [at(-13, 'd')]))).toBe('healthy');
  });

  test('a history that nobody has read is no verdict', () => {
    expect(kindOf({ name: 'errors', state: 'OK' })).toBe('unknown');
  });

  test('one that is without data now has gone off all the same', () => {
    expect(kindOf({ ...ok(days(3)), state: 'INSUFFICIENT_DATA' } as AlarmReading)).toBe('unhealthy');
  });

  test('one of many is enough, and is named', () => {
    const others = ['a', 'b', 'c'].map((name): AlarmReading => ({ ...ok([]), name }));
    expect(judgeHealth([...others, ok(days(3))], watch)).toMatchObject({
      kind: 'unhealthy',
      alarming: [],
      recovered: [{ name: 'errors', times: 1 }],
      since: watch.since,
    });
  });

  test.each<[string, AlarmReading, object]>([
    [
      'AWS does not answer now',
      { name: 'errors', state: 'unreadable', problem: 'Throttling', lasting: false },
      { kind: 'unknown', silent: [{ code: 'unreadable', problem: 'Throttling' }], lasting: false },
    ],
    [
      'it may not be read',
      { name: 'errors', state: 'unreadable', problem: 'AccessDenied', lasting: true },
      { kind: 'unknown', lasting: true },
    ],
    ['it is gone', { name: 'errors', state: 'missing' }, { kind: 'unknown', lasting: true }],
  ])('%s: no verdict', (_case, reading, expected) => {
    expect(judgeHealth([reading, ok([])], watch)).toMatchObject(expected);
  });
});

describe('what is watched', () => {
  const deactivatedAt = at(-1, 'd').toISOString();

  test('before the deactivation: the quiet period, but not what was before the rotation', () => {
    const state = { rotation: ROTATION, settings: ENROLLED };
    const began = new Date(ROTATION.startedAt);
    const later = (days: number) => new Date(began.getTime() + days * 86_400_000);
    expect(watchBeforeDeactivation(state, later(1))).toMatchObject({ since: began, habitUntil: began });
    expect(watchBeforeDeactivation(state, later(10))).toMatchObject({ since: later(7), habitUntil: began });
  });

  test('after it: from then on, by the execution that did it', () => {
    const state = { rotation: ROTATION, deactivatedAt, deactivatedHere: true } as const;
    const since = new Date(at(-1, 'd').getTime() - 120_000);
    const habitUntil = new Date(ROTATION.startedAt);
    expect(watchAfterDeactivation(state, NOW)).toEqual({ since, habitUntil, now: NOW });
  });

  test('after it: since the rotation began, by an execution that only found it done', () => {
    const since = new Date(ROTATION.startedAt);
    expect(watchAfterDeactivation({ rotation: ROTATION, deactivatedAt }, NOW)).toMatchObject({ since });
  });

  test('in an emergency only how alarms are now', () => {
    const rotation = { ...ROTATION, oldAccessKeyId: OLD, leakedAccessKeyIds: [OLD] };
    expect(watchAfterDeactivation({ rotation, deactivatedAt }, NOW)).toBeUndefined();
  });

  test('habits are those of the 14 days before the rotation', () => {
    expect(historyFor({ since: at(-3, 'd'), habitUntil: at(-9, 'd'), now: NOW })).toEqual(at(-23, 'd'));
  });
});
