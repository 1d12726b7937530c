import { decidePublish, type PublishFacts } from '../../../lambdas/publish-access-key/decide';
import { publishFacts as facts } from '../support/facts';
import { holding, key, NEW, OLD, OTHER, ROTATION, UNREADABLE } from '../support/fixtures';

describe('decidePublish', () => {
  test.each<[string, Partial<PublishFacts>, object]>([
    ['everything is in place', {}, { kind: 'publish' }],
    ['the mark is not set yet', { marked: false }, { kind: 'mark' }],
    ['the mark is set, but the label is gone', { publishable: false }, { error: 'StateDrift' }],
    [
      'the placeholder is current',
      { current: { kind: 'no-key' }, rotation: { ...ROTATION, currentAccessKeyIdBefore: null } },
      { kind: 'publish' },
    ],
    ["the owner's fields have changed", { upToDate: false }, { kind: 'merge' }],
    ['it is done already', { current: holding(NEW) }, { kind: 'published' }],
    [
      'it is done already, and the label is gone',
      { current: holding(NEW), publishable: false },
      { kind: 'published' },
    ],
    [
      'somebody else has published it, and no mark says so',
      { current: holding(NEW), marked: false },
      { kind: 'mark' },
    ],
    ['the key was condemned', { publishable: false }, { error: 'StateDrift' }],
    [
      'the key was deactivated after its test',
      { keys: [key(OLD), key(NEW, 'Inactive')] },
      { error: 'StateDrift' },
    ],
    ['IAM does not list the key', { keys: [key(OLD)] }, { error: 'TransientServiceError' }],
    [
      'a person published another key that works',
      { current: holding(OTHER), keys: [key(OTHER), key(NEW)] },
      { error: 'StateDrift' },
    ],
    [
      'AWSCURRENT holds a key that does not work any more',
      { current: holding(OTHER), keys: [key(OLD), key(NEW)] },
      { kind: 'publish' },
    ],
    [
      'a person published a leaked key that works',
      {
        current: holding(OTHER),
        keys: [key(OTHER), key(NEW)],
        rotation: { ...ROTATION, leakedAccessKeyIds: [OLD, OTHER] },
      },
      { kind: 'publish' },
    ],
    [
      'a person published another key that works, and other ones have leaked',
      {
        current: holding(OTHER),
        keys: [key(OTHER), key(NEW)],
        rotation: { ...ROTATION, leakedAccessKeyIds: [OLD] },
      },
      { error: 'StateDrift' },
    ],
    [
      'AWSCURRENT holds a key that works for somebody else',
      {
        current: holding(OTHER),
        stranger: { accessKeyId: OTHER, evidence: { code: 'accepted', arn: 'bob' } },
      },
      { error: 'SecretConflict' },
    ],
    ['AWSCURRENT is unreadable', { current: UNREADABLE }, { error: 'SecretConflict' }],
  ])('when %s', (_case, overrides, expected) => {
    expect(decidePublish(facts(overrides))).toMatchObject(expected);
  });
});
