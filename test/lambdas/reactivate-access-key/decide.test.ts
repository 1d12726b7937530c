import {
  decideRollback,
  explainRollback,
  type RollbackFacts,
} from '../../../lambdas/reactivate-access-key/decide';
import { holding, key, NEW, OLD } from '../support/fixtures';

const facts = (overrides: Partial<RollbackFacts> = {}): RollbackFacts => ({
  userName: 'alice',
  oldAccessKeyId: OLD,
  keys: [key(OLD, 'Inactive'), key(NEW)],
  current: holding(NEW),
  ...overrides,
});

describe('decideRollback', () => {
  test.each<[string, Partial<RollbackFacts>, object]>([
    ['the old key is Inactive, the new one works', {}, { reactivate: true, restoreCurrent: false }],
    [
      'the old key is Active already',
      { keys: [key(OLD), key(NEW)] },
      { reactivate: false, restoreCurrent: false },
    ],
    [
      'the new key is Inactive',
      { keys: [key(OLD, 'Inactive'), key(NEW, 'Inactive')] },
      { reactivate: true, restoreCurrent: true },
    ],
    ['the new key is gone', { keys: [key(OLD, 'Inactive')] }, { reactivate: true, restoreCurrent: true }],
    [
      'AWSCURRENT is back on the old key',
      { current: holding(OLD) },
      { reactivate: true, restoreCurrent: false },
    ],
    ['the old key is gone', { keys: [key(NEW)] }, { reactivate: false, restoreCurrent: false }],
    [
      'both keys are unusable',
      { keys: [key(NEW, 'Inactive')] },
      { reactivate: false, restoreCurrent: false },
    ],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideRollback(facts(overrides))).toEqual(expected);
  });
});

describe('explainRollback', () => {
  test('says why, what state the keys are in, and what to do', () => {
    const text = explainRollback(
      { userName: 'alice', oldAccessKeyId: OLD, keys: [key(OLD), key(NEW)] },
      { error: 'ConsumersUnhealthy', reason: 'health alarms are in ALARM: errors' },
      'kept',
    );
    expect(text).toContain('rolled back: health alarms are in ALARM: errors.');
    expect(text).toContain('Keys now: ****OLD1 Active, ****NEW2 Active.');
    expect(text).toContain('{"userName":"alice","action":"resume"}');
  });

  test('says of a missing acknowledgement that nothing was deactivated, and that it is asked for again', () => {
    const text = explainRollback(
      { userName: 'alice', oldAccessKeyId: OLD, keys: [key(OLD), key(NEW)] },
      { error: 'NotAcknowledged', reason: 'the deactivation was refused (NotNow: bob)' },
      'kept',
    );
    expect(text).toContain(
      'has stopped before the deactivation: the deactivation was refused (NotNow: bob).',
    );
    expect(text).toContain('The old key ****OLD1 is Active.');
    expect(text).toContain('"action":"resume"}: it asks again.');
  });
});
