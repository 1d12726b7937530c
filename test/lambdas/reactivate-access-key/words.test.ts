import { explainRollback } from '../../../lambdas/reactivate-access-key/words';
import { rollbackFacts as facts } from '../support/facts';
import { key, NEW, OLD } from '../support/fixtures';

describe('explainRollback', () => {
  test('says why, what state the keys are in, and what to do', () => {
    const text = explainRollback(
      { ...facts({ keys: [key(OLD), key(NEW)] }), reactivated: true },
      { error: 'ConsumersUnhealthy', reason: 'health alarms are in ALARM: errors' },
      { kind: 'kept' },
    );
    expect(text).toContain(
      'rolled back: health alarms are in ALARM: errors. The old key ****OLD1 is Active again.',
    );
    expect(text).toContain('Keys now: ****OLD1 Active, ****NEW2 Active.');
    expect(text).toContain('{"userName":"alice","action":"resume"}');
  });

  test('says of a missing acknowledgement that nothing was deactivated, and that it is asked for again', () => {
    const text = explainRollback(
      { ...facts({ keys: [key(OLD), key(NEW)] }), reactivated: false },
      { error: 'NotAcknowledged', reason: 'the deactivation was refused (NotNow: bob)' },
      { kind: 'kept' },
    );
    expect(text).toContain(
      'has stopped before the deactivation: the deactivation was refused (NotNow: bob).',
    );
    expect(text).toContain('The old key ****OLD1 is Active.');
    expect(text).toContain('"action":"resume"}: it asks again.');
  });

  test.each([
    ['before the rotation', [OLD], 'stays Inactive: it was so before the rotation began'],
    ['by somebody else', [], 'stays Inactive: somebody else has set it so'],
  ])('says of an old key that was set Inactive %s that it stays so', (_by, before, words) => {
    const text = explainRollback(
      { ...facts({ inactiveAccessKeyIdsBefore: before }), reactivated: false },
      { error: 'ConsumersUnhealthy', reason: 'health alarms are in ALARM: errors' },
      { kind: 'kept' },
    );
    expect(text).toContain(words);
  });
});
