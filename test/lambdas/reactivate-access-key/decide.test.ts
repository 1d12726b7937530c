import { keyToReactivate, whereCurrentGoes } from '../../../lambdas/reactivate-access-key/decide';
import { rollbackFacts as facts, type RollbackFacts } from '../support/facts';
import { holding, key, NEW, OLD, UNREADABLE } from '../support/fixtures';

describe('what ends the outage, and where AWSCURRENT goes', () => {
  test.each<[string, Partial<RollbackFacts>, object]>([
    ['the old key is Inactive, the new one works', {}, { reactivate: true, restoreCurrentTo: undefined }],
    [
      'the old key is Active already',
      { keys: [key(OLD), key(NEW)] },
      { reactivate: false, restoreCurrentTo: undefined },
    ],
    [
      'the new key is Inactive, and the old one Active by now',
      { keys: [key(OLD), key(NEW, 'Inactive')] },
      { reactivate: false, restoreCurrentTo: [OLD] },
    ],
    [
      'AWSCURRENT names no key: the old one before the new one',
      { keys: [key(OLD), key(NEW)], current: { kind: 'no-key' } },
      { reactivate: false, restoreCurrentTo: [OLD, NEW] },
    ],
    [
      'AWSCURRENT cannot be understood, and the new key was never published',
      { keys: [key(OLD), key(NEW)], current: UNREADABLE, published: [] },
      { reactivate: false, restoreCurrentTo: [OLD] },
    ],
    [
      'there was nothing to read before, and nothing was published',
      { keys: [key(OLD), key(NEW)], current: { kind: 'no-key' }, keyBefore: null, published: [] },
      { reactivate: false, restoreCurrentTo: undefined },
    ],
    [
      'AWSCURRENT cannot be understood, where there was nothing to read before',
      {
        keys: [key(OLD), key(NEW)],
        current: UNREADABLE,
        keyBefore: null,
        published: [],
      },
      { reactivate: false, restoreCurrentTo: [OLD] },
    ],
    [
      'AWSCURRENT names no key any more, and nothing was published',
      { keys: [key(OLD), key(NEW)], current: { kind: 'no-key' }, published: [] },
      { reactivate: false, restoreCurrentTo: [OLD] },
    ],
    [
      'there was nothing to read before, and a key was published since',
      { keys: [key(OLD), key(NEW)], current: { kind: 'no-key' }, keyBefore: null },
      { reactivate: false, restoreCurrentTo: [OLD, NEW] },
    ],
    [
      'AWSCURRENT is back on the old key, which was Inactive until now',
      { current: holding(OLD), keys: [key(OLD), key(NEW)] },
      { reactivate: false, restoreCurrentTo: undefined },
    ],
    ['the old key is gone', { keys: [key(NEW)] }, { reactivate: false, restoreCurrentTo: undefined }],
    ['no key is usable', { keys: [key(NEW, 'Inactive')] }, { reactivate: false, restoreCurrentTo: [] }],
    [
      'the old key was Inactive before the rotation',
      { inactiveAccessKeyIdsBefore: [OLD] },
      { reactivate: false },
    ],
    [
      'it was Inactive before, but somebody had set it Active, and this execution deactivated it',
      { inactiveAccessKeyIdsBefore: [OLD], deactivatedHere: true },
      { reactivate: true },
    ],
    [
      'the owner was asked, and somebody else has deactivated the old key',
      { error: 'NotAcknowledged' },
      { reactivate: false },
    ],
  ])('when %s', (_case, overrides, expected) => {
    const found = facts(overrides);
    const reactivate = keyToReactivate(found)?.accessKeyId;
    expect([undefined, OLD]).toContain(reactivate);
    expect({ reactivate: reactivate === OLD, restoreCurrentTo: whereCurrentGoes(found) }).toEqual(expected);
  });
});
