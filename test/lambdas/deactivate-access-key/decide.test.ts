import {
  type DeactivationFacts,
  decideDeactivation,
  decideUnenrolled,
} from '../../../lambdas/deactivate-access-key/decide';
import { EMERGENCY } from '../../../lambdas/shared/rotation/course';
import { deactivationFacts as facts, GONE, PAUSED, UNWELL } from '../support/facts';
import { at, ENROLLED, holding, key, NEW, NOW, OLD, OTHER } from '../support/fixtures';

describe('decideDeactivation', () => {
  test.each<[string, Partial<DeactivationFacts>, object]>([
    ['consumers have another Active key everywhere', {}, { kind: 'deactivate' }],
    [
      'it is Inactive already',
      { keys: [key(OLD, 'Inactive'), key(NEW)] },
      { kind: 'already-done', why: { code: 'old-key-not-active' } },
    ],
    ['it is gone', { keys: [key(NEW)] }, { kind: 'already-done', why: { code: 'old-key-deleted' } }],
    [
      'an owner has put the old key back under AWSCURRENT',
      { current: holding(OLD) },
      { error: 'StateDrift', why: { code: 'secret-edited' } },
    ],
    ['AWSCURRENT holds a third key', { current: holding(OTHER) }, { error: 'StateDrift' }],
    ['AWSCURRENT holds no key', { current: { kind: 'no-key' } }, { error: 'StateDrift' }],
    [
      'the new key is Inactive',
      { keys: [key(OLD), key(NEW, 'Inactive')] },
      { error: 'StateDrift', why: { code: 'new-key-not-active' } },
    ],
    [
      'the new key has a status without documented meaning',
      { keys: [key(OLD), key(NEW, 'Expired')] },
      { error: 'StateDrift' },
    ],
    [
      'the new key is gone',
      { keys: [key(OLD)] },
      { error: 'StateDrift', why: { code: 'new-key-not-active' } },
    ],
    ['the old key is the new key', { oldAccessKeyId: NEW }, { error: 'StateDrift' }],
    [
      'an alarm has gone off since the check',
      { health: UNWELL },
      { kind: 'look-again', until: at(1, 'h'), why: { code: 'alarms-not-ok' } },
    ],
    [
      'the alarms say nothing any more, at the fifth check',
      { health: GONE, checks: 5 },
      { kind: 'look-again', until: at(24, 'h') },
    ],
    [
      'it is Inactive already: what the alarms say is for the next check',
      { keys: [key(OLD, 'Inactive'), key(NEW)], health: UNWELL },
      { kind: 'already-done' },
    ],
    [
      'a replica lags',
      { laggingReplicas: ['eu-west-1'] },
      { error: 'TransientServiceError', why: { code: 'replicas-lag' } },
    ],
    [
      'the user was paused after the check',
      { paused: PAUSED },
      { kind: 'look-again', why: { code: 'paused' } },
    ],
    [
      'a leaked key waits neither for a replica nor for a pause',
      { course: EMERGENCY, laggingReplicas: ['eu-west-1'], paused: PAUSED },
      { kind: 'deactivate' },
    ],
    ['a leaked key does not wait for alarms', { course: EMERGENCY, health: UNWELL }, { kind: 'deactivate' }],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideDeactivation(facts(overrides), NOW)).toMatchObject(expected);
  });

  test.each<[string, Date, DeactivationFacts['course'] | undefined, object]>([
    ['as long as the window is open', at(5, 'h'), undefined, { kind: 'deactivate' }],
    [
      'not after that: the check waits for the next one',
      at(6, 'h'),
      undefined,
      { kind: 'look-again', until: at(23, 'h'), why: { code: 'window-closed' } },
    ],
    ['a leaked key at any hour', at(6, 'h'), EMERGENCY, { kind: 'deactivate' }],
  ])('when it is tried again: %s', (_case, now, course, expected) => {
    expect(decideDeactivation(facts(course && { course }), now)).toMatchObject(expected);
  });

  test('nothing of a user that is not enrolled any more', () => {
    expect(decideUnenrolled({ checks: 0, settings: ENROLLED }, NOW)).toMatchObject({
      kind: 'look-again',
      until: at(1, 'h'),
    });
  });
});
