import { type DeactivationFacts, decideDeactivation } from '../../../lambdas/deactivate-access-key/decide';
import { EMERGENCY } from '../../../lambdas/shared/course';
import { deactivationFacts as facts } from '../support/facts';
import { holding, key, NEW, NOW, OLD, OTHER } from '../support/fixtures';

describe('decideDeactivation', () => {
  test.each<[string, Partial<DeactivationFacts>, object]>([
    ['consumers have another Active key everywhere', {}, { kind: 'deactivate' }],
    ['it is Inactive already', { keys: [key(OLD, 'Inactive'), key(NEW)] }, { kind: 'already-done' }],
    ['it is gone', { keys: [key(NEW)] }, { kind: 'already-done' }],
    [
      'an owner has put the old key back under AWSCURRENT',
      { current: holding(OLD) },
      { error: 'StateDrift' },
    ],
    ['AWSCURRENT holds a third key', { current: holding(OTHER) }, { error: 'StateDrift' }],
    ['AWSCURRENT holds no key', { current: { kind: 'no-key' } }, { error: 'StateDrift' }],
    [
      'the new key is Inactive',
      { keys: [key(OLD), key(NEW, 'Inactive')] },
      { error: 'StateDrift', reason: expect.stringContaining('****NEW2, is Inactive: somebody') },
    ],
    [
      'the new key has a status without documented meaning',
      { keys: [key(OLD), key(NEW, 'Expired')] },
      { error: 'StateDrift' },
    ],
    [
      'the new key is gone',
      { keys: [key(OLD)] },
      { error: 'StateDrift', reason: expect.stringContaining('****NEW2, is gone: somebody') },
    ],
    ['the old key is the new key', { oldAccessKeyId: NEW }, { error: 'StateDrift' }],
    ['a replica lags', { laggingReplicas: ['eu-west-1'] }, { error: 'TransientServiceError' }],
    ['the user was paused after the check', { paused: 'paused by the tag' }, { kind: 'look-again' }],
    [
      'a leaked key waits neither for a replica nor for a pause',
      { course: EMERGENCY, laggingReplicas: ['eu-west-1'], paused: 'paused by the tag' },
      { kind: 'deactivate' },
    ],
  ])('when %s', (_case, overrides, expected) => {
    expect(decideDeactivation(facts(overrides), NOW)).toMatchObject(expected);
  });
});
