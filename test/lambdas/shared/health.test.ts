import type { AlarmReading } from '../../../lambdas/shared/alarm-gateway';
import { judgeHealth } from '../../../lambdas/shared/health';

const alarm = (name: string, state: Exclude<AlarmReading['state'], 'unreadable'>): AlarmReading => ({
  name,
  state,
});

describe('judgeHealth', () => {
  test.each<[string, readonly AlarmReading[], object]>([
    ['no alarm', [], { kind: 'healthy', reason: 'no health alarm is configured' }],
    ['all OK', [alarm('a', 'OK'), alarm('b', 'OK')], { kind: 'healthy', reason: 'OK: a, b' }],
    ['one in ALARM', [alarm('a', 'OK'), alarm('b', 'ALARM')], { kind: 'unhealthy', reason: 'in ALARM: b' }],
    [
      'one in ALARM, one silent',
      [alarm('a', 'INSUFFICIENT_DATA'), alarm('b', 'ALARM')],
      { kind: 'unhealthy' },
    ],
    ['one without data', [alarm('a', 'INSUFFICIENT_DATA'), alarm('b', 'OK')], { kind: 'unknown' }],
    [
      'one that does not exist',
      [alarm('a', 'missing')],
      { kind: 'unknown', reason: 'no verdict from a (there is no such metric alarm)', lasting: true },
    ],
  ])('%s', (_case, readings, expected) => {
    expect(judgeHealth(readings)).toMatchObject(expected);
  });
});
